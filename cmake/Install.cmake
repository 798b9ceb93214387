# What is installed: the programs, and the guard for other teams (find_package(tokenforge) gives tokenforge::guard, and
# tokenforge::guard_testing for the tests of their handlers).
#
# The guard's package is written by hand instead of exported: the archives of lib/ are installed as they are, but a team that
# links the guard needs none of what only the services' parts of them use (Boost, HTTP), so the package does not ask for it.
include(CMakePackageConfigHelpers)

foreach(program tokenforge tokenforge-auth tokenforge-keys tokenforge-sessions tokenforge-users)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
  endif()
endforeach()

set(guard_archives guard guard_testing rpc otlp telemetry jose secret errors proto_otlp proto_trust proto_access proto_errors)
foreach(name IN LISTS guard_archives)
  install(TARGETS tokenforge_${name} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT guard)
endforeach()

install(DIRECTORY interceptors/tokenforge DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT guard FILES_MATCHING PATTERN "*.h")
# The messages that a guarded team's own protos and error handling include.
foreach(part access errors)
  install(DIRECTORY ${CMAKE_BINARY_DIR}/proto/tokenforge/${part} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tokenforge
          COMPONENT guard FILES_MATCHING PATTERN "*.pb.h")
endforeach()
install(DIRECTORY proto/tokenforge/access proto/tokenforge/auth proto/tokenforge/errors
        DESTINATION ${CMAKE_INSTALL_DATADIR}/tokenforge/proto/tokenforge COMPONENT guard FILES_MATCHING PATTERN "*.proto")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/tokenforge COMPONENT guard)

set(TOKENFORGE_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/tokenforge)
set(TOKENFORGE_PROTO_DIR ${CMAKE_INSTALL_DATADIR}/tokenforge/proto)
configure_package_config_file(cmake/tokenforgeConfig.cmake.in ${CMAKE_BINARY_DIR}/tokenforgeConfig.cmake
  INSTALL_DESTINATION ${TOKENFORGE_PACKAGE_DIR}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR TOKENFORGE_PROTO_DIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/tokenforgeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/tokenforgeConfig.cmake ${CMAKE_BINARY_DIR}/tokenforgeConfigVersion.cmake
        DESTINATION ${TOKENFORGE_PACKAGE_DIR} COMPONENT guard)
