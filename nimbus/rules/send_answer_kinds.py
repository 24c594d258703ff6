"""Where in the dialogue a server answered, what the answer means, and what follows from it."""

from enum import StrEnum


class Stage(StrEnum):
    """What had been asked when the answer came, in the order of the dialogue."""

    CONNECT = "connect"
    GREETING = "greeting"
    HELLO = "hello"
    ENCRYPT = "encrypt"
    SIGN_IN = "sign_in"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"  # the answer to the final dot


class Category(StrEnum):
    """What a refusal means (`deliverability.md` 11.2). Kept with the send: the values never change."""

    HARD_INVALID = "hard_invalid"
    HARD_DOMAIN = "hard_domain"
    BLOCK_REPUTATION = "block_reputation"
    BLOCK_CONTENT = "block_content"
    BLOCK_POLICY = "block_policy"
    BLOCK_AUTH = "block_auth"
    SOFT_FULL = "soft_full"
    SOFT_TEMP = "soft_temp"
    THROTTLE = "throttle"
    PROVIDER_LIMIT = "provider_limit"
    AUTH_LOGIN = "auth_login"
    SUSPENDED = "suspended"
    SIZE_OR_FORMAT = "size_or_format"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # a 5xx that nothing explains
    # Not from 11.2: what happens before a server has judged the message.
    CONNECTION = "connection"  # no answer, or the server turned the connection itself away
    SUPPRESSED = "suppressed"
    ACCOUNT_REMOVED = "account_removed"
    STOPPED = "stopped"  # its sequence ended before it left
    BAD_ADDRESS = "bad_address"  # an address that this server has no way to take
    # From 0.3 of `providers.md`: what only a provider's interface says.
    SIGN_IN_LOST = "sign_in_lost"  # the person has to connect the inbox again
    APP_WRONG = "app_wrong"  # the application at the provider, not the inbox
    MAILBOX_FULL = "mailbox_full"  # the inbox's own


class Effect(StrEnum):
    """What a refusal does."""

    RETRY = "retry"  # this message comes later, through the same inbox
    WAIT = "wait"  # the whole inbox waits
    PERMANENT = "permanent"  # this message is over
    SIGN_IN = "sign_in"  # the inbox's own sign-in is broken
    BLOCKED = "blocked"  # this message is over, and it is the sender who was refused
