//! What the linker must know to make a module of Python.

fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
