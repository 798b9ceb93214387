# Run by ctest: builds the examples in C++ from the package that `./dev stage` has installed in BUILD/prefix, into BUILD/examples/<name>.
# examples/notes has a test of its own (notes.cmake) and is built by `./dev stage`, too.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "failed with ${code}: ${ARGN}")
  endif()
endfunction()

set(flags "-Wall -Wextra -Werror -Wno-unused-parameter")
set(linker_flags)
if(SANITIZE)
  string(APPEND flags " -fsanitize=${SANITIZE}")
  set(linker_flags "-DCMAKE_EXE_LINKER_FLAGS=-fsanitize=${SANITIZE}")
endif()
find_program(ccache ccache)
if(ccache)
  set(launcher "-DCMAKE_CXX_COMPILER_LAUNCHER=${ccache}")
endif()

foreach(name callback streaming gateway)
  # A copy, so that no path of the tree can be found from it by chance; its times are the tree's, so nothing is built twice.
  file(COPY "${SOURCE}/examples/${name}" DESTINATION "${BUILD}/examples/source")
  run(${CMAKE_COMMAND} -S "${BUILD}/examples/source/${name}" -B "${BUILD}/examples/${name}" -G Ninja -DCMAKE_BUILD_TYPE=${TYPE}
      -DCMAKE_CXX_COMPILER=${CXX} "-DCMAKE_CXX_FLAGS=${flags}" ${linker_flags} ${launcher} "-DCMAKE_PREFIX_PATH=${BUILD}/prefix")
  run(${CMAKE_COMMAND} --build "${BUILD}/examples/${name}")
endforeach()
