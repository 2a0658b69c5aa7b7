"""All settings of Molva, read from the environment once (docs/settings.md lists every variable).

`MOLVA_URL` is the one that matters: hosts, CSRF origins and cookie flags follow from it. The data folder
keeps the database, clicks, uploads and the secret key, which is made on the first start.
"""

import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from molva.kit.files import read_or_create

env = environ.FileAwareEnv()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("MOLVA_DATA", default=str(Path.cwd() / "data"))).resolve()

DEBUG = env.bool("MOLVA_DEBUG", default=False)
SECRET_KEY = env.str("MOLVA_SECRET_KEY", default="") or read_or_create(
    DATA_DIR / "secret.key", lambda: secrets.token_urlsafe(50)
)

MOLVA_URL = env.str("MOLVA_URL", default="http://127.0.0.1:8000").rstrip("/")
# Whether a proxy stands in front and its X-Forwarded-For and X-Forwarded-Proto can be believed.
MOLVA_TRUST_PROXY = env.bool("MOLVA_TRUST_PROXY", default=False)
MOLVA_WEB_BIND = env.str("MOLVA_WEB_BIND", default="127.0.0.1:8000")
MOLVA_TRACKER_BIND = env.str("MOLVA_TRACKER_BIND", default="127.0.0.1:8001")
MOLVA_WEB_PROCESSES = env.int("MOLVA_WEB_PROCESSES", default=1)
MOLVA_WEB_THREADS = env.int("MOLVA_WEB_THREADS", default=4)
MOLVA_WORKER_THREADS = env.int("MOLVA_WORKER_THREADS", default=2)
# Where partner links lead. By default the web process relays /r/ and /t/ to the tracker, so one port is
# enough.
MOLVA_TRACKER_URL = env.str("MOLVA_TRACKER_URL", default=MOLVA_URL).rstrip("/")
MOLVA_TRACKER_COOKIE_DAYS = env.int("MOLVA_TRACKER_COOKIE_DAYS", default=365)
# After how many days touches of people who never became customers may be forgotten; 0: never.
MOLVA_TOUCH_DAYS = env.int("MOLVA_TOUCH_DAYS", default=0)
# host:port pairs that the guarded HTTP client may reach although they are private (the demo shop, tests).
MOLVA_ALLOW_PRIVATE_HOSTS = env.list("MOLVA_ALLOW_PRIVATE_HOSTS", default=[])
MOLVA_UI_GALLERY = env.bool("MOLVA_UI_GALLERY", default=DEBUG)
# Molva as an application of InSales: what the developer's page there says; without both the addresses are not there.
MOLVA_INSALES_APP = env.str("MOLVA_INSALES_APP", default="")
MOLVA_INSALES_SECRET = env.str("MOLVA_INSALES_SECRET", default="")
# Whole host names of shops, a regular expression: whoever owns a host that fits can pass it off as any shop.
MOLVA_INSALES_HOSTS = env.str("MOLVA_INSALES_HOSTS", default=r"[a-z0-9][a-z0-9-]*\.myinsales\.ru")
try:
    re.compile(MOLVA_INSALES_HOSTS)
except re.error as problem:
    raise ImproperlyConfigured(f"MOLVA_INSALES_HOSTS is not a regular expression: {problem}") from problem
# Whether Molva is offered to many shops, each with a company of its own.
MOLVA_OPERATOR = env.bool("MOLVA_OPERATOR", default=False)
# What a shop pays such an operator a month, in roubles («990.00»); with 0 nobody is asked for money.
MOLVA_PLAN_MONTHLY = env.str("MOLVA_PLAN_MONTHLY", default="0")
MOLVA_PLAN_TRIAL_DAYS = env.int("MOLVA_PLAN_TRIAL_DAYS", default=14)
# Services that a shop may order for a single charge: «name=price» by semicolons.
MOLVA_PLAN_SERVICES = env.str("MOLVA_PLAN_SERVICES", default="")
# How many days single clicks are kept, as the tracker wrote them and sealed; counts are kept for ever.
MOLVA_KEEP_RAW_DAYS = env.int("MOLVA_KEEP_RAW_DAYS", default=7)
MOLVA_KEEP_CLICKS_DAYS = env.int("MOLVA_KEEP_CLICKS_DAYS", default=400)
if min(MOLVA_KEEP_RAW_DAYS, MOLVA_KEEP_CLICKS_DAYS) < 0:
    raise ImproperlyConfigured("MOLVA_KEEP_RAW_DAYS and MOLVA_KEEP_CLICKS_DAYS are whole numbers from 0 on")
# Countries of clicks, by a file in MaxMind's format that the operator brings.
MOLVA_GEO_FILE = env.str("MOLVA_GEO_FILE", default="")
# Where sealed clicks are copied to and asked for: http://user:password@host:8123/database
MOLVA_CLICKHOUSE_URL = env.str("MOLVA_CLICKHOUSE_URL", default="")
# Set by `molva demo` only: sign-in codes are shown on the page instead of being mailed.
MOLVA_DEMO = env.bool("MOLVA_DEMO", default=False)

_url = urlsplit(MOLVA_URL)
_https = _url.scheme == "https"
ALLOWED_HOSTS = [_url.hostname or "localhost", *env.list("MOLVA_HOSTS", default=[])]
CSRF_TRUSTED_ORIGINS = [MOLVA_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
SESSION_COOKIE_NAME = "__Host-sid" if _https else "sid"
SESSION_COOKIE_AGE = 30 * 24 * 3600
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "molva.web.ui.errors.csrf_failure"
SECURE_HSTS_SECONDS = env.int("MOLVA_HSTS_SECONDS", default=31536000 if _https else 0)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if MOLVA_TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "django_cotton.apps.SimpleAppConfig",
    "csp",
    "allauth",
    "allauth.account",
    "molva.jobs",
    "molva.workspaces",
    "molva.programmes",
    "molva.tracking",
    "molva.orders",
    "molva.ledger",
    "molva.commissions",
    "molva.payouts",
    "molva.reports",
    "molva.whatif",
    "molva.integrations",
    "molva.messaging",
    "molva.selftest",
    "molva.web.ui",
    "molva.web.office",
    "molva.web.cabinet",
    "molva.web.public",
    "molva.web.apps",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    # before whatever may refuse a request: a refusal is framed no more than a page
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "molva.web.ui.middleware.PlainAddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "molva.web.ui.middleware.PersonLanguageMiddleware",
    "molva.web.ui.middleware.PrivatePageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "molva.config.urls"
WSGI_APPLICATION = "molva.config.wsgi.application"

# Order matters: partials outside, then the cache, then cotton's compiler before the plain loaders.
_LOADERS = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    _LOADERS if DEBUG else [("django.template.loaders.cached.Loader", _LOADERS)],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "molva.web.ui.templatetags.ui",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "molva.web.ui.context.page",
            ],
        },
    }
]

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'molva.db'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # FULL: an acknowledged hook survives a power cut. IMMEDIATE: a writer waits at BEGIN instead of failing
    # later.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # 16 MiB of pages a connection instead of 2, and reading without copying: measured on lists of a million rows
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
        "PRAGMA cache_size=-16384;PRAGMA mmap_size=2147483648;",
    }
# A thread keeps its connection: opening one costs more than most questions asked on it.
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "molva_cache",
        # Limits of tries are counted here: a flood of strangers must not push a count out (the usual room is 300).
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "molva.web.public.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
# Nobody signs up here; allauth asks for a password at the sign-in only when it is among these fields.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ALLAUTH_RATE_LIMIT_IPV6_PREFIX = 64
if MOLVA_TRUST_PROXY:
    # Otherwise all visitors would share the limits of one address, the proxy's.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
# How often something may be tried, by name: molva/web/ui/limits.py and allauth count in one cache for all processes.
ACCOUNT_RATE_LIMITS = {
    "register": "10/h/ip",
    # wrong codes, by the e-mail whichever session they come from, and by the address whatever e-mail they name
    "enter_code": "5/5m/key,20/5m/ip",
    "change_email": "5/h/user",
    "content_check": "10/h/user",
    "app_call": "60/m/ip",
    "widget": "120/m/ip",  # a whole office may sit behind one address
    "app_install": "10/m/key",  # of one shop: each costs a call of its API
}
if not MOLVA_DEMO:
    # 60 codes of a million with 5 tries each: guessing for a whole day opens an account in 3 cases of 10 000.
    ACCOUNT_RATE_LIMITS["request_login_code"] = "20/m/ip,3/m/key,20/h/key,60/d/key"
ACCOUNT_LOGOUT_REDIRECT_URL = "/login/"
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}

EMAIL_CONFIG = env.email_url("MOLVA_EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
if MOLVA_DEMO:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")
DEFAULT_FROM_EMAIL = env.str("MOLVA_EMAIL_FROM", default=f"Molva <molva@{_url.hostname}>")

# Sources of orders by kind: a plug is a folder under integrations/sources and one line here.
MOLVA_SOURCES = {
    "insales": "molva.integrations.sources.insales.source.InSalesSource",
    "manual": "molva.integrations.sources.manual.source.ManualSource",
}

LANGUAGE_CODE = env.str("MOLVA_LANGUAGE", default="ru")
LANGUAGES = [("ru", "Русский"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("MOLVA_STATIC", default=str(DATA_DIR / "static")))
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
# Files of long lists; served by a view that knows whose they are, removed after their days.
MOLVA_EXPORTS = DATA_DIR / "exports"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

MOLVA_LOG_LEVEL = env.str("MOLVA_LOG_LEVEL", default="INFO")
LOG_LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": LOG_LINE}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # one line a call of a shop would drown the rest
    "loggers": {"httpx2": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": MOLVA_LOG_LEVEL},
}
