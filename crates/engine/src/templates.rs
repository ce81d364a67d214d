//! The operator's templates: looked at again by the sweep, so that a new one needs no restart.

use std::sync::Arc;

use crate::Engine;

impl Engine {
    /// Looks at the folder of templates and puts in force what changed there.
    pub async fn reload_templates(self: &Arc<Self>) {
        let engine = Arc::clone(self);
        let looked = tokio::task::spawn_blocking(move || engine.registry.reload().len());
        match looked.await {
            Ok(refused) => {
                let number = |it: usize| u32::try_from(it).map_or(f64::INFINITY, f64::from);
                metrics::gauge!("kontor_templates_refused").set(number(refused));
                metrics::gauge!("kontor_templates_loaded").set(number(self.registry.described()));
            }
            Err(error) => tracing::error!(%error, "the templates were not looked at"),
        }
    }
}
