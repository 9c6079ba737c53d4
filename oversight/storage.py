"""Static files under hashed names, the imports between modules and the icons of the web app manifest included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

ICONS = ("*.webmanifest", ((r'(?P<matched>"src": "(?P<url>[^"]+)")', '"src": "%(url)s"'),))


class ModuleStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, which also rewrites what ES modules import and which icons the manifest names."""

    support_js_module_import_aggregation = True
    patterns = (*CompressedManifestStaticFilesStorage.patterns, ICONS)
