// The provider's own pages: plain HTML, no scripts, in the look of the workbench's sign-in (apps/desktop, sign-in.css and tokens.css).

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')

export const loginStylePath = '/oidc/sign-in.css'

export const loginStyle = `:root{color-scheme:light dark;--canvas:#F7F8F9;--surface:#FFF;--ink-1:#13191E;--ink-2:#434E58;--line:#E3E7EA;--control:#7B8691;
--accent:#0B6B73;--on-accent:#FFF;--focus:#1660CF;--bad-ink:#A3231E;--bad-soft:#FCEBE9}
@media (prefers-color-scheme:dark){:root{--canvas:#111417;--surface:#16191D;--ink-1:#E9ECEF;--ink-2:#B5BDC5;--line:#252A30;--control:#727D88;
--accent:#4DB9C1;--on-accent:#04181A;--focus:#8EC2FF;--bad-ink:#FF958C;--bad-soft:#3D1A18}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;grid-template-columns:minmax(440px,560px) 1fr;font:400 14px/22px "Inter Variable",Inter,system-ui,sans-serif;
color:var(--ink-1);background:var(--canvas)}
main{display:flex;flex-direction:column;padding:32px 40px 28px;background:var(--surface);border-right:1px solid var(--line)}
header{display:flex;align-items:center;gap:10px;font-size:17px;font-weight:600;letter-spacing:-.015em}
form,section{width:368px;max-width:100%;margin:auto;padding:24px 0}
h1{margin:0;font-size:26px;line-height:32px;font-weight:600}
p{margin:2px 0 20px;color:var(--ink-2)}
label{display:block;margin-top:16px;font-weight:500}
input{width:100%;height:40px;margin-top:4px;padding:0 12px;border:1px solid var(--control);border-radius:6px;font:inherit;color:inherit;background:var(--surface)}
button{width:100%;height:40px;margin-top:24px;border:0;border-radius:6px;font:inherit;font-weight:500;color:var(--on-accent);background:var(--accent);cursor:pointer}
input:focus-visible,button:focus-visible{outline:2px solid var(--focus);outline-offset:1px}
[role=alert]{margin:16px 0 0;padding:8px 12px;border-radius:5px;color:var(--bad-ink);background:var(--bad-soft)}
footer{color:var(--ink-2);font-size:12px}
@media (max-width:900px){body{grid-template-columns:1fr}}
`

const logo = `<svg viewBox="0 0 24 24" width="28" height="28" aria-hidden="true"><rect width="24" height="24" rx="6.5" fill="#0B6B73"/><g fill="none" stroke="#fff" stroke-width="1.9" stroke-linecap="round"><path d="M5 8.2c2.3-2 4.6-2 7 0s4.7 2 7 0" opacity=".5"/><path d="M5 12.7c2.3-2 4.6-2 7 0s4.7 2 7 0" opacity=".75"/><path d="M5 17.2c2.3-2 4.6-2 7 0s4.7 2 7 0"/></g></svg>`

const page = (title: string, content: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)} · Aquifer</title>
<link rel="stylesheet" href="${loginStylePath}"></head>
<body><main><header>${logo}Aquifer</header>${content}<footer>Aquifer never asks for your password anywhere else.</footer></main></body></html>
`

export function loginPage(form: { client: string; token: string; user: string; failure: string | null }): string {
  const failure = form.failure === null ? '' : `<div role="alert">${escaped(form.failure)}</div>`
  return page(
    'Sign in',
    `<form method="post" autocomplete="on"><h1>Sign in</h1><p>to go on to ${escaped(form.client)}</p>
<input type="hidden" name="form" value="${escaped(form.token)}">
<label for="user">User</label><input id="user" name="user" required maxlength="128" autocomplete="username" value="${escaped(form.user)}"${form.user === '' ? ' autofocus' : ''}>
<label for="password">Password</label><input id="password" name="password" type="password" required maxlength="1024" autocomplete="current-password"${form.user === '' ? '' : ' autofocus'}>
${failure}<button>Sign in</button></form>`,
  )
}

export const messagePage = (title: string, message: string): string =>
  page(title, `<section><h1>${escaped(title)}</h1><p>${escaped(message)}</p></section>`)

/** \`form\` is the provider's own, with its token against forgery. */
export const signOutPage = (form: string): string =>
  page(
    'Sign out',
    `<section><h1>Sign out?</h1><p>You sign out here and in what you opened from here.</p>${form}<button form="op.logoutForm" name="logout" value="yes">Sign out</button></section>`,
  )

/** No scripts, nothing from elsewhere; a form may lead to this server and, after it, back to the client. */
export const pagePolicy = (formTarget: string | null): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    `form-action 'self'${formTarget === null ? '' : ` ${formTarget}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
