"""What a refusal is called for a person: what happened, and what happens or can be done next."""

from nimbus.rules.send_answer_kinds import Category

SENTENCES: dict[Category, str] = {
    Category.HARD_INVALID: (
        "{recipient} does not exist, says {host}. Check its spelling; nothing more is sent to this address."
    ),
    Category.HARD_DOMAIN: (
        "No mail server takes mail for {recipient}. Check the part after the @ for a slip of the finger."
    ),
    Category.BLOCK_REPUTATION: (
        "{host} refused the message because of the reputation of this inbox, its domain or its server. "
        "Send less from this inbox until that has recovered."
    ),
    Category.BLOCK_CONTENT: (
        "{host} takes this text for spam, or for something harmful. Change the text, its links and attachments "
        "before it is sent again."
    ),
    Category.BLOCK_POLICY: (
        "A rule of {host} does not allow this message. Its answer may say which; ask {recipient} another way, or "
        "whoever runs that server."
    ),
    Category.BLOCK_AUTH: (
        "{host} could not verify that the message is from this domain. Check the domain's SPF, DKIM and DMARC records."
    ),
    Category.SOFT_FULL: "The mailbox of {recipient} is full. The message is tried again about once a day, three times.",
    Category.SOFT_TEMP: "{host} cannot take the message just now. It is tried again by itself.",
    Category.THROTTLE: "{host} asks to slow down. This inbox waits, and then goes on by itself.",
    Category.PROVIDER_LIMIT: (
        "{host} says that this inbox has sent as much as it may in a day. The inbox waits until that is over, and then "
        "goes on by itself."
    ),
    Category.AUTH_LOGIN: (
        "{host} does not let this inbox sign in to send. It is tried again by itself; when it goes on, reconnect the "
        "inbox."
    ),
    Category.SUSPENDED: (
        "{host} has stopped this inbox from sending. Sign in at its provider, lift that, and reconnect the inbox."
    ),
    Category.SIZE_OR_FORMAT: (
        "{host} cannot take the message as it is: it may be too big, or written in a way it does not know. Make it "
        "shorter or simpler."
    ),
    Category.EXPIRED: (
        "The message was tried for as long as makes sense and no try succeeded, so it was given up. Send it again when "
        "the cause below is gone."
    ),
    Category.UNKNOWN: "{host} refused the message to {recipient} for good. Its own words are all that is known.",
    Category.CONNECTION: (
        "{host} could not be reached, or turned the connection away. It is tried again by itself; when it goes on, test "
        "the connection of this inbox."
    ),
    Category.SUPPRESSED: ("This workspace sends nothing to {recipient} any more: {because}."),
    Category.STOPPED: "The sequence had ended for {recipient} before this message left.",
    Category.ACCOUNT_REMOVED: (
        "The inbox was removed before this message could leave. Write it again from another inbox."
    ),
    Category.BAD_ADDRESS: (
        "{host} cannot take mail for an address like {recipient}. Ask for one with plain letters, or send from an inbox "
        "whose server takes it."
    ),
    Category.SIGN_IN_LOST: (
        "{host} no longer lets this inbox send. The message waits until the inbox is reconnected, or leaves through "
        "another one."
    ),
    Category.APP_WRONG: (
        "{host} does not accept the app that NimbusOS uses there. Whoever runs this installation can check it under "
        "Integrations; the message is tried again by itself."
    ),
    Category.MAILBOX_FULL: (
        "{host} says that this inbox is full. Delete old mail there; sending then goes on by itself."
    ),
}

# Of Google or Microsoft, where there is no connection that a person could test.
NO_ANSWER = "{host} gave no usable answer. The message is tried again by itself."

# By the reason that a suppression carries.
SUPPRESSED_BECAUSE: dict[str | None, str] = {
    "hard_bounce": "mail to this address came back",
    "complaint": "a message to this address was reported as spam",
    "opt_out": "this person asked for no more mail",
    "manual": "somebody of this workspace put it on the list",
}
