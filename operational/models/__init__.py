"""Every operational table, a file per aggregate. Importing this package registers all of them."""

from operational.models.bank import BankDeposit, BankDepositItem, BankLine, ReturnedCheck
from operational.models.base import Base
from operational.models.booking import (
    Appointment,
    AppointmentHistory,
    AppointmentItem,
    AppointmentItemResource,
    Hold,
    Occupancy,
)
from operational.models.catalogue import Product, Resource, Service, ServiceResource, TreatmentCategory
from operational.models.charting import (
    ChartNote,
    GateOverride,
    GoodFaithExam,
    LotMovement,
    NoteAddendum,
    ProductLot,
    TreatmentRecord,
    TreatmentSite,
)
from operational.models.checkout import (
    Allocation,
    CreditMemo,
    CreditMemoLine,
    GiftCard,
    Invoice,
    InvoiceLine,
    InvoiceLineTax,
)
from operational.models.client import Client, ClientDuplicate
from operational.models.consent import ConsentTemplate, ConsentTemplateVersion, SignedConsent
from operational.models.desk import ClientMerge, ClientMergeRow, ClientNote, Household, HouseholdMember
from operational.models.drawer import (
    BusinessDay,
    DayCloseFigure,
    Drawer,
    DrawerCount,
    DrawerMovement,
    DrawerSession,
)
from operational.models.importing import ImportRow, ImportRun
from operational.models.lead import Lead, Task
from operational.models.ledger import JournalEntry, LedgerAccount, Posting
from operational.models.membership import (
    Membership,
    MembershipEvent,
    MembershipFreeze,
    MembershipPeriod,
    MembershipPlan,
    MembershipPlanCredit,
    MembershipPlanVersion,
)
from operational.models.messaging import (
    AppointmentNotice,
    ContactBlock,
    ContactConsent,
    IncomingMessage,
    LocationMessaging,
    Message,
    MessageTemplate,
)
from operational.models.notification import Notification, NotificationRead
from operational.models.online import (
    ClientCard,
    OnlineBooking,
    OnlineLocation,
    OnlineOrigin,
    OnlineService,
    PolicyAcceptance,
    PublicText,
)
from operational.models.organization import (
    LegalEntity,
    Location,
    LocationHours,
    MerchantAccount,
    MerchantOpening,
    Organization,
    TaxJurisdiction,
    TaxRate,
)
from operational.models.payment import Payment, Payout, ProcessorAttempt, ProcessorEvent, Tip
from operational.models.platform import (
    DocumentCounter,
    ExportBatch,
    ExportBatchDay,
    ExportFile,
    IdempotencyKey,
    LinkToken,
    SegmentMember,
    SegmentPublication,
    TieoutResult,
)
from operational.models.prepaid import (
    Entitlement,
    EntitlementMovement,
    Package,
    PackagePlan,
    PackagePlanItem,
    RecognitionRun,
)
from operational.models.receivable import Remittance, RemittanceItem, TenderProgramme, WriteOff
from operational.models.schedule import (
    BookingRule,
    ClientDuration,
    ProviderService,
    ServicePrerequisite,
    TimeOff,
)
from operational.models.settlement import (
    Dispute,
    DisputeFee,
    ProcessorLine,
    ProcessorLineDecision,
    ProcessorLineHistory,
    ProcessorPayout,
    RefundFailure,
)
from operational.models.staff import ApiKey, AuthSession, Credential, Role, Shift, StaffMember, StaffRole
from operational.models.visits import AppointmentState, VisitGroup, VisitGroupMember, WalkIn
from operational.models.waitlist import WaitlistEntry, WaitlistLook, WaitlistOffer
from operational.models.webhook import CalendarFeed, WebhookDelivery, WebhookEndpoint

__all__ = [
    "Allocation", "ApiKey", "Appointment", "AppointmentHistory", "AppointmentItem",
    "AppointmentItemResource", "AppointmentNotice", "AppointmentState", "AuthSession", "BankDeposit",
    "BankDepositItem", "BankLine", "Base", "BookingRule", "BusinessDay", "CalendarFeed", "ChartNote",
    "Client", "ClientCard", "ClientDuplicate", "ClientDuration", "ClientMerge", "ClientMergeRow",
    "ClientNote", "ConsentTemplate", "ConsentTemplateVersion", "ContactBlock", "ContactConsent", "Credential",
    "CreditMemo", "CreditMemoLine", "DayCloseFigure", "Dispute", "DisputeFee", "DocumentCounter",
    "Drawer", "DrawerCount", "DrawerMovement", "DrawerSession", "Entitlement", "EntitlementMovement",
    "ExportBatch", "ExportBatchDay", "ExportFile", "GateOverride", "GiftCard", "GoodFaithExam", "Hold",
    "Household", "HouseholdMember", "IdempotencyKey", "ImportRow", "ImportRun", "IncomingMessage",
    "Invoice", "InvoiceLine", "InvoiceLineTax", "JournalEntry", "Lead", "LedgerAccount", "LegalEntity",
    "LinkToken", "Location", "LocationHours", "LocationMessaging", "LotMovement", "Membership",
    "MembershipEvent", "MembershipFreeze", "MembershipPeriod", "MembershipPlan", "MembershipPlanCredit",
    "MembershipPlanVersion", "MerchantAccount", "MerchantOpening", "Message", "MessageTemplate",
    "NoteAddendum", "Notification", "NotificationRead", "Occupancy", "OnlineBooking", "OnlineLocation",
    "OnlineOrigin", "OnlineService", "Organization", "Package", "PackagePlan", "PackagePlanItem",
    "Payment", "Payout", "PolicyAcceptance", "Posting", "ProcessorAttempt", "ProcessorEvent",
    "ProcessorLine", "ProcessorLineDecision", "ProcessorLineHistory", "ProcessorPayout", "Product",
    "ProductLot", "ProviderService", "PublicText", "RecognitionRun", "RefundFailure", "Remittance",
    "RemittanceItem", "Resource", "ReturnedCheck", "Role", "SegmentMember", "SegmentPublication",
    "Service", "ServicePrerequisite", "ServiceResource", "Shift", "SignedConsent", "StaffMember",
    "StaffRole", "Task", "TaxJurisdiction", "TaxRate", "TenderProgramme", "TieoutResult", "TimeOff",
    "Tip", "TreatmentCategory", "TreatmentRecord", "TreatmentSite", "VisitGroup", "VisitGroupMember",
    "WaitlistEntry", "WaitlistLook", "WaitlistOffer", "WalkIn", "WebhookDelivery", "WebhookEndpoint",
    "WriteOff",
]  # fmt: skip
