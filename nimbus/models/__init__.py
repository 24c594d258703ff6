"""All tables. Importing this package is what makes them known to the metadata."""

from nimbus.models.audit_event import AuditEvent
from nimbus.models.batch import Batch, Deferral, InboxRotation
from nimbus.models.campaign import Campaign, CampaignContact, CampaignInbox, CampaignStep
from nimbus.models.connection_test import ConnectionTest
from nimbus.models.contact import AddressBook, BookContact, Contact, ContactTag
from nimbus.models.contact_import import ContactImport, UnreadRow
from nimbus.models.domain_check import (
    DomainCheck,
    DomainEvent,
    DomainListing,
    DomainObservation,
    DomainSpamDay,
)
from nimbus.models.domain_health import DomainHealth
from nimbus.models.email_account import EmailAccountHealth
from nimbus.models.health_event import EventTone, HealthEvent
from nimbus.models.inbox_day import InboxDay
from nimbus.models.inbox_event import InboxEvent, InboxMailDay, InboxMailHour, InboxRecent
from nimbus.models.inbox_health import CooldownRow, HealthDay, InboxHealthState
from nimbus.models.incoming import Incoming
from nimbus.models.instance import InstanceFact
from nimbus.models.invitation import Invitation
from nimbus.models.key_rotation import KeyRotation
from nimbus.models.mail_server import MailServer
from nimbus.models.oauth import OAuthAttempt, OAuthGrant, ProviderApp
from nimbus.models.send import InboxHour, InboxSender, Send, Suppression
from nimbus.models.sync import InboxSync, SyncFolder
from nimbus.models.tag import AccountTag, SavedView, Tag
from nimbus.models.thread import Thread
from nimbus.models.undo import Undo, UndoValue
from nimbus.models.user import Membership, User, UserSession
from nimbus.models.workspace import Workspace, WorkspaceKey
from nimbus.rules.roles import Role

__all__ = [
    "AccountTag",
    "AddressBook",
    "AuditEvent",
    "Batch",
    "BookContact",
    "Campaign",
    "CampaignContact",
    "CampaignInbox",
    "CampaignStep",
    "ConnectionTest",
    "Contact",
    "ContactImport",
    "ContactTag",
    "CooldownRow",
    "Deferral",
    "DomainCheck",
    "DomainEvent",
    "DomainHealth",
    "DomainListing",
    "DomainObservation",
    "DomainSpamDay",
    "EmailAccountHealth",
    "EventTone",
    "HealthDay",
    "HealthEvent",
    "InboxDay",
    "InboxEvent",
    "InboxHealthState",
    "InboxHour",
    "InboxMailDay",
    "InboxMailHour",
    "InboxRecent",
    "InboxRotation",
    "InboxSender",
    "InboxSync",
    "Incoming",
    "InstanceFact",
    "Invitation",
    "KeyRotation",
    "MailServer",
    "Membership",
    "OAuthAttempt",
    "OAuthGrant",
    "ProviderApp",
    "Role",
    "SavedView",
    "Send",
    "Suppression",
    "SyncFolder",
    "Tag",
    "Thread",
    "Undo",
    "UndoValue",
    "UnreadRow",
    "User",
    "UserSession",
    "Workspace",
    "WorkspaceKey",
]
