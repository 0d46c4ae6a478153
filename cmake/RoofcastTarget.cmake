# Settings every target of the project shares: baseline x86-64, warnings, sanitizers.
function(roofcast_settings target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                         -Wno-restrict -Wno-array-bounds)  # false in g++ 12: std::string's operator+, a grown std::vector (GCC 105651, 105329)
  if(ROOFCAST_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(ROOFCAST_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${ROOFCAST_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
                           -Wno-maybe-uninitialized)  # false under sanitizers in g++ 12 (std::regex)
    target_link_options(${target} PUBLIC -fsanitize=${ROOFCAST_SANITIZE})
  endif()
endfunction()
