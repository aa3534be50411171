// Import borders, generated from edges.json: one rule per folder, so that the table in ARCHITECTURE.md, this check and the tidy test
// cannot say different things.
const edges = require('./edges.json')

const any = (names) => (names.length ? `(${names.join('|')})` : '(?!)')
const folderRules = (root, table) =>
  Object.entries(table)
    .filter(([, to]) => !to.includes('*'))
    .map(([from, to]) => ({
      name: `border-${root.split('/')[1]}-${from}`,
      comment: `${from} may import only: ${to.join(', ') || 'nothing of ours'} (edges.json)`,
      severity: 'error',
      from: { path: `^${root}/${from}(/|\\.ts$)`, pathNot: '(\\.test\\.ts$|/test/)' },
      to: { path: `^${root}/`, pathNot: `^${root}/${any([from, ...to])}(/|\\.ts$)` },
    }))
// Another system is entered by its front door only.
const doorRules = (root) => ({
  name: `front-door-${root.split('/')[1]}`,
  comment: 'import another system by its index.ts, never a file behind it',
  severity: 'error',
  from: { path: `^${root}/([^/]+)/`, pathNot: '(\\.test\\.ts$|/test/)' },
  to: { path: `^${root}/[^/]+/.+`, pathNot: [`^${root}/$1/`, `^${root}/[^/]+/index\\.ts$`, `^${root}/storage/`] },
})

module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      severity: 'error',
      from: { pathNot: '\\.test\\.tsx?$' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...folderRules('apps/server/src', edges.server),
    ...folderRules('packages/core/src', edges.core),
    doorRules('packages/core/src'),
    doorRules('apps/server/src'),
    {
      name: 'core-is-pure',
      comment: 'packages/core knows neither Node nor any other workspace',
      severity: 'error',
      from: { path: '^packages/core/src', pathNot: '(\\.test\\.ts$|/test/)' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'core-imports-no-app', severity: 'error', from: { path: '^packages/core' }, to: { path: '^(apps|e2e)/' } },
    {
      name: 'renderer-is-a-web-page',
      comment: 'the renderer imports neither Node nor Electron nor the server',
      severity: 'error',
      from: { path: '^apps/desktop/src/renderer', pathNot: '\\.test\\.tsx?$' },
      to: { path: '(^apps/server|^apps/desktop/src/(main|preload)|node_modules/electron/)' },
    },
    {
      name: 'renderer-has-no-node',
      severity: 'error',
      from: { path: '^apps/desktop/src/renderer', pathNot: '\\.test\\.tsx?$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'query-cannot-name-the-lake',
      comment: 'the analyst side reaches masked data only',
      severity: 'error',
      from: { path: '^apps/server/src/query' },
      to: { path: '^apps/server/src/(lake|replicator|masking)' },
    },
    {
      name: 'not-to-tests',
      severity: 'error',
      from: { pathNot: '(\\.test\\.tsx?$|/test/|^e2e|^tidy)' },
      to: { path: '(\\.test\\.tsx?$|/test/)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|out|dist-types)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json'],
    },
  },
}
