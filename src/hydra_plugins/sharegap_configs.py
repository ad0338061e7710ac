"""Hydra finds the configs of packages that extend sharegap, and of folders that the user names."""

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin


class SharegapConfigs(SearchPathPlugin):
    """Appends these folders where sharegap's own configs are searched: in no one else's Hydra program."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        if any(element.path == "pkg://sharegap.conf" for element in search_path.get_path()):
            from sharegap.plan.configs import extensions, register_methods

            for folder in extensions():
                search_path.append(provider=folder.provider, path=folder.location)
            register_methods()
