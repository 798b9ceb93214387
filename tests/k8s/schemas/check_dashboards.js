// Checks Grafana dashboards (files named as arguments) against the types of Grafana's own schema: types, enumerations, what is
// required, and members that the schema does not have. Prints every fault; exits with 1 when there is one.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const here = path.dirname(new URL(import.meta.url).pathname);
const files = process.argv.slice(2);
if (files.length === 0) throw new Error('there is nothing to check');

// Grafana's enumerations of strings are types of their own, which no JSON has: their values count.
let text = `import type { Dashboard } from '@grafana/schema/dist/esm/raw/dashboard/x/dashboard_types.gen';
type Plain<T> = T extends string ? \`\${T}\` : T extends (infer Item)[] ? Plain<Item>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
`;
const starts = [];
for (const [index, file] of files.entries()) {
  starts.push(text.length);
  text += `export const d${index}: Plain<Dashboard> = ${JSON.stringify(JSON.parse(readFileSync(file, 'utf8')), null, 1)};\n`;
}
const source = path.join(here, 'dashboards.ts');
const options = {
  noEmit: true, strict: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10,
};
const host = ts.createCompilerHost(options);
const { getSourceFile, fileExists } = host;
host.getSourceFile = (name, ...rest) =>
  name === source ? ts.createSourceFile(name, text, options.target) : getSourceFile(name, ...rest);
host.fileExists = (name) => name === source || fileExists(name);
const faults = ts.getPreEmitDiagnostics(ts.createProgram([source], options, host));
for (const fault of faults) {
  const index = starts.findLastIndex((start) => start <= (fault.start ?? 0));
  console.log(`${files[index] ?? source}: ${ts.flattenDiagnosticMessageText(fault.messageText, ' ')}`);
}
if (faults.length > 0) process.exit(1);
console.log(`${files.length} dashboards are sound`);
