"""The domain is pure, so its tests need no clock: no test fails for being slow."""

import hypothesis

hypothesis.settings.register_profile("domain", deadline=None)
hypothesis.settings.load_profile("domain")
