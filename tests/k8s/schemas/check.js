// Reads rendered manifests as a JSON list from standard input and checks each twice: its values against the compiled schemas,
// and its members against the types, which have no place for a member that is not in the schema. Prints every fault;
// exits with 1 when there is one.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import ts from 'typescript';

const require = createRequire(import.meta.url);
const here = path.dirname(new URL(import.meta.url).pathname);

// Where the model of a document is: cert-manager's and the operator's kinds are in packages of their own.
function moduleOf({ apiVersion, kind }) {
  const group = apiVersion.split('/')[0];
  const base = group.endsWith('cert-manager.io')
    ? '@kubernetes-models/cert-manager'
    : group.endsWith('monitoring.coreos.com')
      ? '@kubernetes-models/prometheus-operator'
      : 'kubernetes-models';
  return `${base}/${apiVersion}/${kind}`;
}

const nameOf = ({ kind, metadata }) => `${kind}/${metadata?.name}`;

// Types, formats, enumerations and what is required.
function faultsOfValues(document) {
  try {
    const Model = require(moduleOf(document))[document.kind];
    new Model(document).validate();
    return [];
  } catch (error) {
    return [`${nameOf(document)}: ${error.message.split('\n')[0]}`];
  }
}

// Members that the schema does not have, at any depth: the compiler compares each literal with its type.
function faultsOfMembers(documents) {
  const imports = new Set(documents.map((d) => `import type { I${d.kind} } from "${moduleOf(d)}";`));
  // The name in front of each literal is how a fault finds its document: one document, one line of its own at the start.
  const starts = [];
  let text = [...imports].join('\n') + '\n';
  for (const [index, document] of documents.entries()) {
    starts.push(text.length);
    text += `export const d${index}: I${document.kind} = ${JSON.stringify(document, null, 1)};\n`;
  }
  const file = path.join(here, 'manifests.ts');
  const options = {
    noEmit: true, strict: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, text, options.target) : getSourceFile(name, ...rest);
  host.fileExists = (name) => name === file || fileExists(name);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map((fault) => {
    const message = ts.flattenDiagnosticMessageText(fault.messageText, ' ');
    const index = starts.findLastIndex((start) => start <= (fault.start ?? 0));
    return index < 0 ? message : `${nameOf(documents[index])}: ${message}`;
  });
}

const documents = JSON.parse(readFileSync(0, 'utf8'));
if (documents.length === 0) throw new Error('there is nothing to check');
const faults = [...documents.flatMap(faultsOfValues), ...faultsOfMembers(documents)];
for (const fault of faults) console.log(fault);
if (faults.length > 0) process.exit(1);
console.log(`${documents.length} documents are sound`);
