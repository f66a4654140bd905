import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * What the compiler says of sources that are in no file, with the options of this project.
 * @param sources texts by the paths that they would have
 */
export function diagnose(
  sources: ReadonlyMap<string, string>,
  more: ts.CompilerOptions = {},
): readonly ts.Diagnostic[] {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.readFile = (file) => sources.get(file) ?? readFile(file);
  host.getSourceFile = (file, target, ...rest) => {
    const text = sources.get(file);
    return text === undefined
      ? getSourceFile(file, target, ...rest)
      : ts.createSourceFile(file, text, target);
  };
  const program = ts.createProgram([...sources.keys()], { ...options, noEmit: true, ...more }, host);
  return program
    .getSourceFiles()
    .filter(({ fileName }) => sources.has(fileName))
    .flatMap((file) => [program.getSyntacticDiagnostics(file), program.getSemanticDiagnostics(file)].flat());
}
