"""Settings of the test run: the product's own, with a throwaway data folder and no slow hashing.

MOLVA_TEST_DATABASE chooses the database (an address as in DATABASE_URL); SQLite in memory without it.
"""

import atexit
import os
import shutil
import tempfile

from tests.databases import TREE

for _name in [
    name for name in os.environ if name.startswith("MOLVA_") and not name.startswith("MOLVA_TEST_")
]:
    del os.environ[_name]  # a test must not depend on the settings of the person who runs it
os.environ["MOLVA_DATA"] = tempfile.mkdtemp(prefix="molva-test-")
atexit.register(shutil.rmtree, os.environ["MOLVA_DATA"], ignore_errors=True)
os.environ["MOLVA_URL"] = (
    "http://127.0.0.1:9"  # nobody listens: hooks of fake shops must not reach a live demo
)
os.environ["MOLVA_SECRET_KEY"] = "only-for-tests-" + "0123456789abcdef" * 3
os.environ["DATABASE_URL"] = os.environ.get("MOLVA_TEST_DATABASE") or "sqlite://:memory:"

from molva.config.settings import *  # noqa: E402, F403 (the environment must be ready first)
from molva.config.settings import ALLOWED_HOSTS, DATABASES, STORAGES  # noqa: E402 (the same)

if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"]["TEST"] = {"NAME": f"molva_test_{TREE}"}

ALLOWED_HOSTS += ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Hashed names need `collectstatic`; its result is tested where the product is started as a whole.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
