import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

// Electron 25 (Chromium 114, Node 18) and 45 both run what is built here. A sandboxed preload has to be CommonJS.
const core = fileURLToPath(new URL('../../packages/core/src', import.meta.url))
const resolve = { alias: [{ find: /^@aquifer\/core\/(.+)$/, replacement: `${core}/$1/index.ts` }] }
const node = (input: string) => ({
  resolve,
  build: {
    target: 'node18',
    externalizeDeps: false,
    rollupOptions: { input, output: { format: 'cjs' as const, entryFileNames: '[name].cjs' } },
  },
})

export default defineConfig({
  main: node('src/main/index.ts'),
  preload: node('src/preload/index.ts'),
  renderer: {
    root: 'src/renderer',
    base: './',
    resolve,
    plugins: [react()],
    build: {
      target: 'chrome114',
      minify: true,
      outDir: 'out/renderer',
      emptyOutDir: true,
      chunkSizeWarningLimit: 6000,
      // Inlined fonts and images would need data: in more places of the content security policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rollupOptions: { input: 'src/renderer/index.html' },
    },
  },
})
