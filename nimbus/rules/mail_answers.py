"""What mail servers say about our own side, whatever was asked of them. Patterns, matched without regard to case.

They read answers on one line, the code once: "550 5.7.1 text". The connection test and the sender both ask them.
"""

STARTTLS_REQUIRED = r"must issue a starttls|^538|5\.7\.11\b|(must|requires?|use) .*(starttls|encrypt)"
NOT_SIGNED_IN = r"5\.7\.57|^530|authentication required|not authenticated"
SENDING_LIMIT = r"5\.4\.5|5\.7\.23[23]|(sending|relay) (limit|quota)|recipient rate limit"
SENDER_BLOCKED = (
    r"5\.1\.8\b(?!.*domain.*not (found|exist|resolve))"  # with these words it is the sender's domain that lacks
    r"|bad outbound sender|5\.7\.70[58]\b|OutboundSpamException"
)
SENDER_REFUSED = (
    r"^5.*(SendAsDenied|not allowed to send as|sender address rejected|not owned by"
    r"|5\.7\.60\b|permissions? to send as|sender verify failed)"
)
TOO_MANY_LOGINS = r"too many (concurrent )?(connections|login|session)"
