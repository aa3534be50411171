// Runs before the first paint, so that a dark screen never flashes white. ui/theme.ts keeps the attribute afterwards.
;(function () {
  var chosen = null
  try {
    chosen = localStorage.getItem('aquifer.theme')
  } catch {
    chosen = null
  }
  if (!/^(light|dark|contrast-light|contrast-dark)$/.test(chosen || '')) {
    var dark = matchMedia('(prefers-color-scheme: dark)').matches
    var contrast = matchMedia('(prefers-contrast: more)').matches
    chosen = contrast ? (dark ? 'contrast-dark' : 'contrast-light') : dark ? 'dark' : 'light'
  }
  document.documentElement.dataset.theme = chosen
  try {
    if (localStorage.getItem('aquifer.density') === 'compact') document.documentElement.dataset.density = 'compact'
  } catch {
    // Comfortable, then.
  }
})()
