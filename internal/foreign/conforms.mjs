// Lints a document with Redocly, as openapi-typescript does, but with more rules:
// node conforms.mjs FILE. Prints the problems, and how many operations there are.
import { bundle, createConfig, lint } from "@redocly/openapi-core";

const [file] = process.argv.slice(2);
const config = await createConfig({
  rules: {
    struct: "error",
    "no-unresolved-refs": "error",
    "no-identical-paths": "error",
    "no-undefined-server-variable": "error",
    "no-enum-type-mismatch": "error",
    "no-invalid-media-type-examples": "error",
    "no-invalid-parameter-examples": "error",
    "no-invalid-schema-examples": "error",
    "operation-operationId-unique": "error",
    "operation-parameters-unique": "error",
    "path-parameters-defined": "error",
    "path-declaration-must-exist": "error",
    "path-not-include-query": "error",
    "security-defined": "error",
  },
});
const problems = await lint({ ref: file, config });
for (const { ruleId, message, location } of problems) {
  console.log(`${ruleId}: ${message} at ${location.map((l) => l.pointer).join(", ")}`);
}
const { bundle: document } = await bundle({ ref: file, config });
const methods = new Set(["get", "put", "post", "delete", "options", "head", "patch", "trace"]);
const operations = Object.values(document.parsed.paths).flatMap((item) => Object.keys(item).filter((key) => methods.has(key)));
console.log(`${operations.length} operations, ${problems.length} problems`);
