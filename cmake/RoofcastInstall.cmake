# `find_package(roofcast)` from another project: roofcast::model and roofcast::hwdb, their headers and the program.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(roofcast_model PROPERTIES EXPORT_NAME model)
set_target_properties(roofcast_hwdb PROPERTIES EXPORT_NAME hwdb)
install(TARGETS roofcast_model roofcast_hwdb EXPORT roofcastTargets
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/roofcast)
install(DIRECTORY model hwdb DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/roofcast
        FILES_MATCHING PATTERN "*.h" PATTERN "gpus" EXCLUDE)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/roofcast)
install(EXPORT roofcastTargets NAMESPACE roofcast:: DESTINATION ${package_dir})
configure_package_config_file(cmake/roofcastConfig.cmake.in ${PROJECT_BINARY_DIR}/roofcastConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/roofcastConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/roofcastConfig.cmake ${PROJECT_BINARY_DIR}/roofcastConfigVersion.cmake
        DESTINATION ${package_dir})
