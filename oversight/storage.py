"""Static files under hashed names, the imports between modules included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, which also rewrites what ES modules import."""

    support_js_module_import_aggregation = True
