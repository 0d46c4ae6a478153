# CUDA is optional: ROOFCAST_HAVE_CUDA says whether a toolkit may be used, and nothing is printed where there is none.
set(ROOFCAST_CUDA AUTO CACHE STRING "Use CUDA: AUTO where a toolkit is found, ON or OFF")
set_property(CACHE ROOFCAST_CUDA PROPERTY STRINGS AUTO ON OFF)

set(ROOFCAST_HAVE_CUDA FALSE)
if(ROOFCAST_CUDA)
  find_package(CUDAToolkit QUIET)
  if(CUDAToolkit_FOUND)
    set(ROOFCAST_HAVE_CUDA TRUE)
    message(STATUS "CUDA toolkit ${CUDAToolkit_VERSION}")
  elseif(NOT ROOFCAST_CUDA STREQUAL "AUTO")
    message(FATAL_ERROR "ROOFCAST_CUDA=${ROOFCAST_CUDA}, but no CUDA toolkit was found; set CUDAToolkit_ROOT, or ROOFCAST_CUDA=AUTO")
  endif()
endif()
