"""From a repository to an executable container image whose tests run offline."""
