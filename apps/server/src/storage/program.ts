import { fileURLToPath } from 'node:url'

// src/storage and dist/storage lie at the same depth, so the package root is the same from both.
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url))

// Worker threads and child processes always run compiled code: Node cannot load TypeScript sources there.
export function programPath(name: string): string {
  return `${packageRoot}dist/${name}.js`
}
