# Language level, warnings, ccache, mold and sanitizers: the same for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(TF_CCACHE ccache)
if(TF_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # A build folder's place must not spoil the cache, so paths are hashed relative to the tree.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${TF_CCACHE})
endif()
find_program(TF_MOLD mold)
if(TF_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-unused-parameter
                    -fno-omit-frame-pointer -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Debian's abseil was built by g++; without this, clang 19 mangles some of its functions otherwise and does not link.
  add_compile_options(-Wthread-safety -fclang-abi-compat=17)
else()
  # g++ 12 reports false positives of these inside the standard library.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds -Wno-stringop-overread)
endif()
option(TOKENFORGE_WERROR "Warnings are errors" ON)
if(TOKENFORGE_WERROR)
  add_compile_options(-Werror)
endif()
add_link_options(-Wl,-z,relro,-z,now)
if(TOKENFORGE_SANITIZE)
  add_compile_options(-fsanitize=${TOKENFORGE_SANITIZE} -fno-sanitize-recover=undefined -g1)
  add_link_options(-fsanitize=${TOKENFORGE_SANITIZE})
  add_compile_definitions(TOKENFORGE_SANITIZED=1)
  if(TOKENFORGE_SANITIZE MATCHES "thread" AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options(-Wno-tsan)
  endif()
else()
  add_compile_definitions($<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
endif()
