# Run by ctest: installs the guard of the build folder BUILD into a new prefix below WORK, and builds examples/notes there.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "failed with ${code}: ${ARGN}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
set(prefix "${WORK}/prefix")
run(${CMAKE_COMMAND} --install "${BUILD}" --component guard --prefix "${prefix}")

# Who installs the guard gets nothing of the services, and no header of the guard's inside.
file(GLOB_RECURSE installed RELATIVE "${prefix}" "${prefix}/*")
foreach(file IN LISTS installed)
  if(file MATCHES "redis|soci|/sql|users|sessions|keys/|_config\\.a|interceptors/|(^|/)lib/[^/]*\\.h$")
    message(FATAL_ERROR "the guard's package holds ${file}")
  endif()
endforeach()
foreach(file include/tokenforge/guard.h include/tokenforge/guard_options.h include/tokenforge/access_rule.h
        include/tokenforge/testing/fake_caller.h share/tokenforge/proto/tokenforge/access/v1/access.proto)
  if(NOT EXISTS "${prefix}/${file}")
    message(FATAL_ERROR "the guard's package lacks ${file}")
  endif()
endforeach()

set(flags)
if(SANITIZE)
  set(flags "-DCMAKE_CXX_FLAGS=-fsanitize=${SANITIZE}" "-DCMAKE_EXE_LINKER_FLAGS=-fsanitize=${SANITIZE}")
endif()
# A copy, so that no path of the tree can be found from it by chance.
file(COPY "${SOURCE}/examples/notes" DESTINATION "${WORK}")
run(${CMAKE_COMMAND} -S "${WORK}/notes" -B "${WORK}/build" -G Ninja -DCMAKE_BUILD_TYPE=${TYPE}
    -DCMAKE_CXX_COMPILER=${CXX} "-DCMAKE_PREFIX_PATH=${prefix}" -DNOTES_TESTS=ON ${flags})
run(${CMAKE_COMMAND} --build "${WORK}/build")
run(${CMAKE_CTEST_COMMAND} --test-dir "${WORK}/build" --output-on-failure --no-tests=error)

execute_process(COMMAND readelf -d "${WORK}/build/notes-server" OUTPUT_VARIABLE needed COMMAND_ERROR_IS_FATAL ANY)
if(needed MATCHES "hiredis|soci|libpq|sqlite|libuv|httplib|boost")
  message(FATAL_ERROR "a guarded server needs a library of the services:\n${needed}")
endif()
