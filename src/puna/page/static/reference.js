// The API reference: the server's own description, shown and tried out with Swagger UI.

import { call, key } from "./api.js";

document.documentElement.classList.toggle("dark-mode", matchMedia("(prefers-color-scheme: dark)").matches);

const spec = await call("GET", "/openapi.json");
const shown = globalThis.SwaggerUIBundle({
  spec,
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
  onComplete: () => {
    if (key()) shown.preauthorizeApiKey("key", key());
    document.documentElement.dataset.ready = "";
  },
});
