# What is installed: the programs, and the guard for other teams (find_package(tokenforge) gives tokenforge::guard).
