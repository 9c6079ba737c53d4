"""The second factor of a person: whether there is one, whether there must be, and its end. Secrets rest encrypted."""

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.conf import settings

from decisions import register
from decisions.models import Person
from decisions.vocab import Role

POWERFUL = (Role.MANAGER, Role.EXECUTIVE, Role.ADMIN)
"""Who can let agents go on, sign off or administer by role alone; a responder approves only as a member of a group."""


def enrolled(person: Person) -> bool:
    """Whether signing in takes more than the password."""
    return bool(Authenticator.objects.filter(user_id=person.pk, type=Authenticator.Type.TOTP).exists())


def codes_left(person: Person) -> int:
    """How many recovery codes `person` has not used."""
    row = Authenticator.objects.filter(user_id=person.pk, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(row.wrap().get_unused_codes()) if row else 0


def due(person: Person) -> bool:
    """Whether `person` must enrol before what they may do counts: the installation asks it of those with power."""
    return bool(settings.REQUIRE_SECOND_FACTOR) and wields_power(person) and not enrolled(person)


def wields_power(person: Person) -> bool:
    """Whether `person` may approve on the critical tiers, let agents go on, change the policy or administer."""
    known = register.latest()
    if known.has_role(person.id, *POWERFUL):
        return True
    return known.has_role(person.id, Role.RESPONDER) and any(person.id in members for members in known.members.values())


def forget(person: Person) -> bool:
    """Remove the second factor and its recovery codes. Whether there was one."""
    return bool(Authenticator.objects.filter(user_id=person.pk).delete()[0])


def seal(text: str) -> str:
    """`text` as it may rest in the database."""
    return Fernet(settings.FACTOR_KEY).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed. Raises InvalidToken where the key is another."""
    return Fernet(settings.FACTOR_KEY).decrypt(sealed.encode()).decode()
