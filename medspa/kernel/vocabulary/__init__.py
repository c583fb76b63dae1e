"""The words of the field, one set from the database to the page. Rules about them live in areas."""

from medspa.kernel.vocabulary.booking import *  # noqa: F403
from medspa.kernel.vocabulary.clinical import *  # noqa: F403
from medspa.kernel.vocabulary.messaging import *  # noqa: F403
from medspa.kernel.vocabulary.money import *  # noqa: F403
from medspa.kernel.vocabulary.online import *  # noqa: F403
from medspa.kernel.vocabulary.outside import *  # noqa: F403
from medspa.kernel.vocabulary.people import *  # noqa: F403
from medspa.kernel.vocabulary.prepaid import *  # noqa: F403
