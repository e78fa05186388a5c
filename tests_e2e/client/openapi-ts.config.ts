import { defineConfig } from "@hey-api/openapi-ts";

// A client a document, of functions that are named as its operations are.
export default defineConfig(
  ["auth", "promo"].map((name) => ({
    input: `./docs/${name}.yaml`,
    output: { path: `src/${name}`, importFileExtension: ".js" },
    plugins: ["@hey-api/client-fetch"],
  })),
);
