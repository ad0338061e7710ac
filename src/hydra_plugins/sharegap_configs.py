"""Hydra finds the configs of packages that extend sharegap, and of folders that the user names."""

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin


class SharegapConfigs(SearchPathPlugin):
    """Appends these folders where sharegap's own configs are searched: in no one else's Hydra program."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        searched = [element.path for element in search_path.get_path()]
        if "pkg://sharegap.conf" in searched:
            from sharegap.plan.config_folders import extensions
            from sharegap.plan.configs import register_methods

            for folder in extensions():
                # Hydra 1.4 finds this plugin twice: by its entry point, and by its folder.
                if folder.location not in searched:
                    search_path.append(provider=folder.provider, path=folder.location)
            register_methods()
