"""Options that had other names before version 0.1."""

RENAMED = {
    "sharing.site.start": "sharing.strategy.copies_init",
    "sharing.site.form": "sharing=soft_proximal, in place of form=proximal",
    "sharing.site": "sharing.strategy",
    "model.members": "model.ensemble_size",
    "model.narrow": "model.match_width",
    "model.widths": "model.scaled_sizes",
    "suite.without": "suite.exclude",
    "suite.differs": "suite.deviations",
    "suite.reference": "suite.baseline",
}


def new_name(option: str) -> str | None:
    """Return what an old option is called now; None for one that was never renamed.

    Example:
        >>> new_name("sharing.site.distance")
        'sharing.strategy.distance'
    """
    for old, new in RENAMED.items():
        if option == old or option.startswith(f"{old}."):
            return new + option.removeprefix(old)
    return None
