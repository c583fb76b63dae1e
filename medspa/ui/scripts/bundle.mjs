// Bundles the entries beside this file, with what they import from npm, into the folder named on the command
// line: one script each, and a style sheet where an entry imports one. Run by the Makefile.
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));
await build({
  entryPoints: ["app", "calendar"].map((name) => join(folder, `${name}.js`)),
  outdir: resolve(process.argv[2]),
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome123", "firefox121", "safari17.5"],
  legalComments: "eof",
  charset: "utf8",
  logLevel: "warning",
  // What breaks only in the browser of somebody at a desk must break here.
  logOverride: { "import-is-undefined": "error" },
});
