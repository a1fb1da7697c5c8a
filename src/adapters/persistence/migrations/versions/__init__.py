"""The migrations, each one a step up and the same step down."""
