# CUDA is optional: ROOFCAST_HAVE_CUDA says whether the harness can be built, and nothing is printed where there is none.
# Supported: toolkits 11.4 to 13.x with nvcc and the headers of CUPTI and cuBLAS; cuDNN's where they are found.
set(ROOFCAST_CUDA AUTO CACHE STRING "Build the measuring harness: AUTO where a CUDA toolkit is found, ON or OFF")
set_property(CACHE ROOFCAST_CUDA PROPERTY STRINGS AUTO ON OFF)

set(ROOFCAST_HAVE_CUDA FALSE)
set(ROOFCAST_HAVE_CUDNN FALSE)
if(ROOFCAST_CUDA)
  find_package(CUDAToolkit 11.4 QUIET)
  set(missing "no CUDA toolkit of 11.4 or newer was found; set CUDAToolkit_ROOT")
  if(CUDAToolkit_FOUND)
    # Installers put CUPTI under extras/, distributions beside the rest.
    find_path(ROOFCAST_CUPTI_INCLUDE cupti.h HINTS ${CUDAToolkit_INCLUDE_DIRS}
              PATHS ${CUDAToolkit_LIBRARY_ROOT}/extras/CUPTI/include ${CUDAToolkit_BIN_DIR}/../extras/CUPTI/include)
    find_path(ROOFCAST_CUBLAS_INCLUDE cublasLt.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
    find_path(ROOFCAST_CUDNN_INCLUDE cudnn.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
    mark_as_advanced(ROOFCAST_CUPTI_INCLUDE ROOFCAST_CUBLAS_INCLUDE ROOFCAST_CUDNN_INCLUDE)
    if(NOT CUDAToolkit_NVCC_EXECUTABLE)
      set(missing "the CUDA toolkit ${CUDAToolkit_VERSION} has no nvcc")
    elseif(NOT ROOFCAST_CUPTI_INCLUDE)
      set(missing "the CUDA toolkit ${CUDAToolkit_VERSION} has no cupti.h")
    elseif(NOT ROOFCAST_CUBLAS_INCLUDE)
      set(missing "the CUDA toolkit ${CUDAToolkit_VERSION} has no cublasLt.h")
    else()
      set(missing "")
    endif()
  endif()
  if(NOT missing)
    set(ROOFCAST_HAVE_CUDA TRUE)
    set(ROOFCAST_CUDA_INCLUDES ${CUDAToolkit_INCLUDE_DIRS} ${ROOFCAST_CUPTI_INCLUDE} ${ROOFCAST_CUBLAS_INCLUDE})
    if(ROOFCAST_CUDNN_INCLUDE)
      set(ROOFCAST_HAVE_CUDNN TRUE)
      list(APPEND ROOFCAST_CUDA_INCLUDES ${ROOFCAST_CUDNN_INCLUDE})
    endif()
    list(REMOVE_DUPLICATES ROOFCAST_CUDA_INCLUDES)
    # CUPTI fills the newest kernel record its own headers declare.
    file(STRINGS ${ROOFCAST_CUPTI_INCLUDE}/cupti_activity.h records REGEX "^} CUpti_ActivityKernel[0-9]+;")
    string(REGEX MATCHALL "[0-9]+" versions "${records}")
    list(SORT versions COMPARE NATURAL ORDER DESCENDING)
    list(GET versions 0 newest)
    set(ROOFCAST_CUPTI_KERNEL CUpti_ActivityKernel${newest})
    # Machine code for the architectures a toolkit knows, and PTX that drivers compile for the rest. Pascal and Volta end
    # with CUDA 12.
    if(CUDAToolkit_VERSION VERSION_LESS 11.8)
      set(default_architectures 61 70 75 80 80-virtual)
    elseif(CUDAToolkit_VERSION VERSION_LESS 12.8)
      set(default_architectures 61 70 75 80 89 90 90-virtual)
    elseif(CUDAToolkit_VERSION VERSION_LESS 13)
      set(default_architectures 61 70 75 80 89 90 90-virtual 120)
    else()
      set(default_architectures 75 80 89 90 90-virtual 120)
    endif()
    set(ROOFCAST_CUDA_ARCHITECTURES ${default_architectures} CACHE STRING "Compute capabilities of the harness's kernels; N-virtual is PTX")
    message(STATUS "CUDA toolkit ${CUDAToolkit_VERSION}: harness with ${ROOFCAST_CUPTI_KERNEL}, cuDNN headers: ${ROOFCAST_HAVE_CUDNN}")
  elseif(NOT ROOFCAST_CUDA STREQUAL "AUTO")
    message(FATAL_ERROR "ROOFCAST_CUDA=${ROOFCAST_CUDA}, but ${missing}; or set ROOFCAST_CUDA=AUTO")
  endif()
endif()

# Compiles FOLDER/kernels/all.cu to one fat binary and sets OUTPUT to a source file that holds it.
function(roofcast_kernel_image folder output)
  set(fatbin ${CMAKE_CURRENT_BINARY_DIR}/kernels.fatbin)
  set(codes "")
  foreach(architecture IN LISTS ROOFCAST_CUDA_ARCHITECTURES)
    if(architecture MATCHES "^([0-9]+[af]?)-virtual$")
      list(APPEND codes -gencode arch=compute_${CMAKE_MATCH_1},code=compute_${CMAKE_MATCH_1})
    else()
      list(APPEND codes -gencode arch=compute_${architecture},code=sm_${architecture})
    endif()
  endforeach()
  file(GLOB kernels CONFIGURE_DEPENDS ${folder}/kernels/*.cu ${folder}/kernels/*.cuh)
  add_custom_command(
    OUTPUT ${fatbin}
    COMMAND ${CUDAToolkit_NVCC_EXECUTABLE} -fatbin -std=c++17 -O3 -Xfatbin -compress-all -Werror all-warnings ${codes}
            ${folder}/kernels/all.cu -o ${fatbin}
    DEPENDS ${kernels}
    COMMENT "Compiling the harness's kernels"
    VERBATIM)
  set(ROOFCAST_FATBIN ${fatbin})
  configure_file(${folder}/kernel_image.cpp.in ${CMAKE_CURRENT_BINARY_DIR}/kernel_image.cpp @ONLY)
  set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/kernel_image.cpp PROPERTIES OBJECT_DEPENDS ${fatbin})
  set(${output} ${CMAKE_CURRENT_BINARY_DIR}/kernel_image.cpp PARENT_SCOPE)
endfunction()
