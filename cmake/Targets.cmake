# tf_library(name SOURCES … DEPS …): one folder, one static library `tokenforge_<name>`, linked as tokenforge::<name>.
# Dependencies are public: a header may name what its library links. Includes are paths from the root.
function(tf_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_library(tokenforge_${name} STATIC ${arg_SOURCES})
  add_library(tokenforge::${name} ALIAS tokenforge_${name})
  set_target_properties(tokenforge_${name} PROPERTIES EXPORT_NAME ${name} LINKER_LANGUAGE CXX)
  target_include_directories(tokenforge_${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
  target_link_libraries(tokenforge_${name} PUBLIC ${arg_DEPS})
endfunction()

# tf_header_library(name DEPS …): the same for a folder that has headers only.
function(tf_header_library name)
  cmake_parse_arguments(arg "" "" "DEPS" ${ARGN})
  add_library(tokenforge_${name} INTERFACE)
  add_library(tokenforge::${name} ALIAS tokenforge_${name})
  set_target_properties(tokenforge_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(tokenforge_${name} INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
  target_link_libraries(tokenforge_${name} INTERFACE ${arg_DEPS})
endfunction()

# tf_binary(name SOURCES … DEPS …): a program, installed under its target's name.
function(tf_binary name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPS})
endfunction()

# tf_test(name [WHOLE] SOURCES … DEPS … [LABELS …] [TIMEOUT s]): one GoogleTest program, each of its cases a ctest test,
# or the whole program one, for tests that share servers which take seconds to start.
# Labels: unit (default), contract, system, interop, chaos, fuzz.
function(tf_test name)
  cmake_parse_arguments(arg "WHOLE" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(TOKENFORGE_SANITIZE STREQUAL "thread")  # looks into each hand-over of the uninstrumented libraries
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 5")
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  if(arg_WHOLE)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
    return()
  endif()
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}."
                       PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()

# tf_fuzz(area TARGETS name=CheckFunction … [SOURCES …] DEPS …): the fuzz targets of a folder of tests/fuzz, each a
# <name>_target.cc, and SOURCES that they share.
# They run over corpus/<name> and mutations of it as the plain test <area>_fuzz_test; in the preset "fuzz", or any build
# by clang with "fuzzer-no-link" in TOKENFORGE_SANITIZE, each is a libFuzzer program <area>_<name>_fuzz too (./dev fuzz).
function(tf_fuzz area)
  cmake_parse_arguments(arg "" "" "TARGETS;SOURCES;DEPS" ${ARGN})
  set(common "${CMAKE_SOURCE_DIR}/tests/fuzz")
  string(REGEX REPLACE "=[A-Za-z]+" "_target.cc" sources "${arg_TARGETS}")
  tf_test(${area}_fuzz_test SOURCES corpus_test.cc "${common}/corpus.cc" ${sources} ${arg_SOURCES} DEPS ${arg_DEPS} LABELS fuzz)
  target_compile_definitions(${area}_fuzz_test PRIVATE TOKENFORGE_FUZZ_AREA="${CMAKE_CURRENT_SOURCE_DIR}")
  if(NOT TOKENFORGE_SANITIZE MATCHES "fuzzer-no-link")
    return()
  endif()
  foreach(target IN LISTS arg_TARGETS)
    string(REGEX MATCH "^([a-z0-9_]+)=([A-Za-z0-9]+)$" matched "${target}")
    set(program ${area}_${CMAKE_MATCH_1}_fuzz)
    tf_binary(${program} SOURCES ${CMAKE_MATCH_1}_target.cc ${arg_SOURCES} "${common}/entry.cc" DEPS ${arg_DEPS})
    target_compile_definitions(${program} PRIVATE TOKENFORGE_FUZZ_CHECK=${CMAKE_MATCH_2})
    target_link_options(${program} PRIVATE -fsanitize=fuzzer)
  endforeach()
endfunction()

# tf_proto(name FILES … [GRPC] DEPS …): generated code of some files of proto/, as tokenforge::proto_<name>.
function(tf_proto name)
  cmake_parse_arguments(arg "GRPC" "" "FILES;DEPS" ${ARGN})
  set(target tokenforge_proto_${name})
  set(root "${CMAKE_SOURCE_DIR}/proto")
  set(out "${CMAKE_BINARY_DIR}/proto")
  file(MAKE_DIRECTORY "${out}")
  add_library(${target} STATIC)
  add_library(tokenforge::proto_${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME proto_${name})
  foreach(file IN LISTS arg_FILES)
    string(REGEX REPLACE "\\.proto$" "" stem "${file}")
    set(outputs "${out}/${stem}.pb.cc" "${out}/${stem}.pb.h")
    set(plugin)
    if(arg_GRPC)
      list(APPEND outputs "${out}/${stem}.grpc.pb.cc" "${out}/${stem}.grpc.pb.h")
      set(plugin --grpc_out=${out} --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
    endif()
    add_custom_command(OUTPUT ${outputs}
      COMMAND protobuf::protoc -I${root} --cpp_out=${out} ${plugin} ${root}/${file}
      DEPENDS ${root}/${file} VERBATIM)
    target_sources(${target} PRIVATE ${outputs})
  endforeach()
  # Generated headers are SYSTEM: their warnings are not ours.
  target_include_directories(${target} SYSTEM PUBLIC $<BUILD_INTERFACE:${out}>)
  target_compile_options(${target} PRIVATE -w)
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf ${arg_DEPS})
  if(arg_GRPC)
    target_link_libraries(${target} PUBLIC gRPC::grpc++)
  endif()
endfunction()
