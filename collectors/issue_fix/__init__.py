"""Issue-fix: tasks mined from the history of a repository, commits or releases that change source and tests."""
