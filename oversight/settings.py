"""All settings, read once from the environment. Nothing else reads an environment variable."""

import secrets
from pathlib import Path

import dj_database_url
from cryptography.fernet import Fernet

from decisions.keyring import new_key
from oversight import env
from oversight.static_headers import as_it_is_called

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.folder("OVERSIGHT_DATA_DIR", BASE_DIR / "var")
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env.flag("OVERSIGHT_DEBUG", default=False)
SECRET_KEY = env.secret("OVERSIGHT_SECRET_KEY", DATA_DIR / "keys" / "session", lambda: secrets.token_urlsafe(48))
FACTOR_KEY = env.secret("OVERSIGHT_FACTOR_KEY", DATA_DIR / "keys" / "factors", lambda: Fernet.generate_key().decode())
"""With what the secrets of second factors are encrypted in the database."""
DISCLOSURE_KEY = env.secret("OVERSIGHT_DISCLOSURE_KEY", DATA_DIR / "keys" / "disclosures", new_key)
"""With what the texts of entries are encrypted in the database: one key, or several of which the first encrypts."""
KEY_PEPPER = env.secret("OVERSIGHT_KEY_PEPPER", DATA_DIR / "keys" / "pepper", lambda: secrets.token_urlsafe(32))
ALLOWED_HOSTS = env.words("OVERSIGHT_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("OVERSIGHT_TRUSTED_ORIGINS", "")
PORT = env.number("PORT", 8000, least=1, most=65535)
HTTPS = env.flag("OVERSIGHT_HTTPS", default=False)
GUARD_FILE: Path | None = env.folder("OVERSIGHT_GUARD_FILE", DATA_DIR / "guard.json")
"""What was written last, outside the database. It must not be restored together with it: see docs/operations.md."""
PUBLIC_URL = (env.text("OVERSIGHT_URL") or f"http://localhost:{PORT}").rstrip("/")
"""The address under which agents reach this: who a verdict token is from."""

ORGANISATION = env.text("OVERSIGHT_ORGANISATION", "Your organisation")
LOG_ORIGIN = env.text("OVERSIGHT_LOG_ORIGIN", "oversight.local/ledger1")
"""The ledger's own name, inside every leaf: an entry of one ledger can never be passed off as another's."""
SIGNER = env.text("OVERSIGHT_SIGNER")
"""The socket of a signer that is a process of its own; empty: this process signs, with the keys in its data folder."""
WITNESSES = env.file("OVERSIGHT_WITNESSES")
"""A file that names the witnesses and their quorum, as a C2SP tlog-policy without its logs."""
TSA_URL = env.text("OVERSIGHT_TSA_URL")
"""The timestamp authority (RFC 3161) that is asked each hour; empty: none."""
TSA_ROOTS = env.file("OVERSIGHT_TSA_ROOTS")
"""The certificates, in PEM, that its tokens must lead to."""

# -- storage: embedded (SQLite, one process) unless DATABASE_URL says otherwise; see docs/architecture.md
DATABASE_URL = env.text("DATABASE_URL")
REDIS_URL = env.text("REDIS_URL")
if DATABASE_URL:
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_health_checks=True)}
    if DATABASES["default"]["ENGINE"].endswith("postgresql"):
        DATABASES["default"]["OPTIONS"] = {
            # Whoever stands still with the head locked, a process that was stopped say, must not stop all the others. And
            # no query here runs as long as it takes PostgreSQL to compile one, which it does where it expects many rows.
            "options": "-c lock_timeout=20s -c idle_in_transaction_session_timeout=60s -c jit=off",
            # Under ASGI a connection would live as long as its thread: a pool bounds them and gives them back.
            "pool": {"min_size": 1, "max_size": 20, "timeout": 10},
            **DATABASES["default"].get("OPTIONS", {}),
        }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(DATA_DIR / "oversight.sqlite3"),
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                    "PRAGMA recursive_triggers=ON; PRAGMA foreign_keys=ON;"
                    "PRAGMA secure_delete=ON;"
                ),
            },
            "TEST": {"NAME": None},
        }
    }
STRICT_ROLES = env.flag("OVERSIGHT_STRICT_ROLES", default=False)
"""Whether this process ends at once where its database role could change the ledger."""
SERVICE_MODE = DATABASES["default"]["ENGINE"].endswith("postgresql")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- live hints and background work: in memory unless REDIS_URL says otherwise
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "channels",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "decisions",
    "approvals",
    "oversight.apps.OversightConfig",
]
MIDDLEWARE = [
    # Before all else: what pages are told about themselves would be half of what a small script weighs.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "oversight.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "oversight.middleware.ContentSecurityPolicy",
    "django.middleware.gzip.GZipMiddleware",
    "oversight.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "oversight.middleware.SameOrigin",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "oversight.middleware.SignInFirst",
    "oversight.middleware.Presence",
    "oversight.middleware.Zone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "oversight.urls"
ASGI_APPLICATION = "oversight.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "oversight.context.frame",
            ],
            "libraries": {"oversight": "decisions.templatetags.oversight"},
        },
    }
]

# -- people
AUTH_USER_MODEL = "decisions.Person"
AUTHENTICATION_BACKENDS = ["decisions.auth.backend.RegisterBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "decisions:timeline"
LOGOUT_REDIRECT_URL = "account_login"
SESSION_ENGINE = "decisions.auth.sessions"
SESSION_COOKIE_AGE = 12 * 3600
"""A session ends so long after the sign-in, in seconds, whatever happens in it."""
SESSION_IDLE_SECONDS = 30 * 60
"""A session ends so long after its person was last seen."""
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-oversight" if HTTPS else "oversight"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "oversight.failures.csrf"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
RECENT_SIGN_IN_SECONDS = env.number("OVERSIGHT_RECENT_SIGN_IN_SECONDS", 8 * 3600, least=60, most=12 * 3600)
"""How fresh a sign-in must be to approve or sign off."""
FRESH_SIGN_IN_SECONDS = env.number("OVERSIGHT_FRESH_SIGN_IN_SECONDS", 300, least=60, most=12 * 3600)
"""How fresh it must be on tier 0 and 1, to lift a freeze, to activate a policy and to change how people sign in."""
REQUIRE_SECOND_FACTOR = env.flag("OVERSIGHT_REQUIRE_SECOND_FACTOR", default=SERVICE_MODE)

# -- sign-in by allauth: password, then a second factor where there is one. A security key is one more of these types.
CACHES = {"default": {"BACKEND": "decisions.auth.counters.CounterCache"}}
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("OVERSIGHT_PROXIES", 0, least=0, most=5)
ACCOUNT_ADAPTER = "decisions.auth.adapters.AccountAdapter"
ACCOUNT_FORMS = {"login": "decisions.auth.forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "5/15m/key,50/15m/ip",
    "reauthenticate": "10/m/user",
}
MFA_ADAPTER = "decisions.auth.adapters.FactorAdapter"
MFA_FORMS = {"authenticate": "decisions.auth.forms.CodeForm", "activate_totp": "decisions.auth.forms.EnrolForm"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Oversight"
MFA_TOTP_TOLERANCE = 1

# -- the machine contract
COMMAND_LIMIT = 64 * 1024
EVENT_LIMIT = 64 * 1024
EVENTS_BODY_LIMIT = 16 * 1024 * 1024
OTLP_UNPACKED_LIMIT = 64 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
REQUESTS_PER_MINUTE = {
    "propose": env.number("OVERSIGHT_PROPOSALS_PER_MINUTE", 60, least=3, most=1_000_000),
    "command": env.number("OVERSIGHT_COMMANDS_PER_MINUTE", 120, least=3, most=1_000_000),
    "read": env.number("OVERSIGHT_READS_PER_MINUTE", 120, least=3, most=1_000_000),
}
REQUESTS_PER_MINUTE["orders"] = REQUESTS_PER_MINUTE["read"]
"""Of one agent in one process; a third of it may come at once. Nothing that stops or undoes an act is counted."""
OPEN_HOLDS = env.number("OVERSIGHT_OPEN_HOLDS", 50, least=1, most=1_000_000)
"""How many decisions of one agent may wait for people at once."""
REPORTS_KEPT_YEARS = env.number("OVERSIGHT_REPORTS_KEPT_YEARS", 10, least=1, most=100)
"""How long the files of issued reports stay."""
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "decisions.auth.api.AgentKeyAuthentication",
        "decisions.auth.api.PersonAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["decisions.api.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "decisions.api.problems.handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Oversight",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "POSTPROCESSING_HOOKS": ["oversight.schema.add_hot_routes"],
    "ENUM_NAME_OVERRIDES": {},
}

# -- static files, language, time
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "oversight.storage.JoinedStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
WHITENOISE_ADD_HEADERS_FUNCTION = as_it_is_called
WHITENOISE_MIMETYPES = {".webmanifest": "application/manifest+json"}
USE_TZ = True
TIME_ZONE = "UTC"
ZONE = env.text("OVERSIGHT_ZONE", "UTC")
"""The zone in which pages show times; exports and the API are always UTC."""
LANGUAGE_CODE = "en-gb"
USE_I18N = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "oversight.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.text("OVERSIGHT_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"handlers": [], "propagate": True},
        "uvicorn": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        # In memory there is no host to name; kombu warns of it at each connection.
        "kombu": {"level": "ERROR"},
    },
}
