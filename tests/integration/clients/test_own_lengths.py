"""From the form that changes a visit to the client's page and back: how long a service takes with them."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

from fastapi.testclient import TestClient
from sqlalchemy import text

from operational.booking.book import book
from operational.booking.schemas import NewItem, NewVisit
from tests.factories.booking import actor_of, add_service, add_shift, next_weekday, unit
from tests.factories.checkout import Shop
from tests.support.signed_in import signed_in


def shown(page: str) -> dict[str, str]:
    """The fields of the form for who, how long and where, of the one service."""
    form = page.split('/items" class="ask">', 1)[1].split("</form>", 1)[0]
    fields = dict(
        re.findall(r'<input[^>]* name="(version|item_id|starts_at|minutes)"[^>]* value="([^"]*)"', form)
    )
    provider = re.search(r'<option value="([^"]+)" selected', form)
    assert provider is not None
    return {**fields, "provider_id": provider[1], "version": fields["version"].replace("&#34;", '"')}


def test_what_a_visit_takes_is_kept_for_the_client_and_taken_back(http: TestClient, shop: Shop) -> None:
    made = shop.made
    start = next_weekday()
    add_shift(made, start, start + timedelta(hours=4))
    service = add_service(made, "Own length", hands=30)
    with unit(shop.database, made) as session:
        asked = NewVisit(
            client_id=shop.client_id, location_id=made.location_id, starts_at=start,
            items=[NewItem(service_id=service)],
        )  # fmt: skip
        visit = book(session, actor_of(made), asked).id
    address, client = f"/calendar/visits/{visit}", f"/clients/{shop.client_id}"

    def lasts() -> int:
        with shop.database.session("owner") as session:
            found = session.execute(
                text("select extract(epoch from ends_at - starts_at) / 60 from appointment where id = :id"),
                {"id": visit},
            )
            return int(found.scalar_one())

    with signed_in(http, shop) as token:

        def save(**typed: str) -> tuple[int, str]:
            form = shown(http.get(f"{address}/change").text)
            sent = {"csrf_token": token, **form, **typed}
            answer = http.post(f"{address}/items", data=sent, follow_redirects=False)
            return answer.status_code, answer.text

        page = http.get(f"{address}/change").text
        item = shown(page)["item_id"]
        assert "always takes so long with" in page
        assert "It is as it was" in save()[1]
        assert save(minutes="45", keep=item)[0] == 303
        assert (lasts(), "Own length: 45 minutes" in http.get(client).text) == (45, True)
        assert save(minutes="50")[0] == 303
        assert (lasts(), "Own length: 45 minutes" in http.get(client).text) == (50, True)
        # Nothing of the visit differs: its length is kept all the same.
        assert save(keep=item)[0] == 303
        assert "Own length: 50 minutes" in http.get(client).text
        # What cannot be is kept for nobody.
        status, refused = save(minutes="700", keep=item)
        assert (status, f'name="keep" value="{item}" checked' in refused) == (422, True)
        assert "Own length: 50 minutes" in http.get(client).text
        assert save(keep=str(uuid.uuid4()))[0] == 303
        removed = f"{client}/durations/{service}/remove"
        http.post(removed, data={"csrf_token": token})
        assert "Own length: " not in http.get(client).text
    assert lasts() == 50
