// Secrets of every preset, made up, and lines that hold them in the ways that real lines do.

import type { RedactionPreset } from '../../base/redaction.ts'

export interface Planted {
  readonly preset: RedactionPreset
  /** What must not be seen. */
  readonly secret: string
  readonly lines: readonly string[]
}

const JWT =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U'
// Put together here, so that no scanner of repositories takes them for real.
const GITHUB = `ghp${'_'}9aB8cD7eF6gH5iJ4kL3mN2oP1qR0sT9uV8wX`
const STRIPE = `sk${'_live_'}4eC39HqLyjWDarjtT1zdp7dc`
const SLACK = `xoxb${'-'}123456789012-abcDEFghiJKL`
const AWS = `AKIA${'IOSFODNN7'}EXAMPLE`
const GOOGLE = `AIza${'SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY'}`
const KEY_BODY = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj'

function inManyWays(name: string, secret: string): string[] {
  const json = JSON.stringify({ user: 'bob', [name]: secret, next: 1 })
  return [
    json,
    `received ${json} from 10.0.0.1`,
    JSON.stringify({ body: json }),
    JSON.stringify({ outer: JSON.stringify({ body: json }) }),
    `"2026","${json.replaceAll('"', '""')}","next"`,
    JSON.stringify({ row: `"2026","${json.replaceAll('"', '""')}"` }),
    JSON.stringify({ user: 'bob', [name]: secret }, undefined, 2),
    JSON.stringify({ [name]: [secret, secret] }),
    JSON.stringify({ [name]: { value: secret } }),
    JSON.stringify({ message: `sent ${name}=${secret}`, next: 1 }),
    `${name}=${secret} status=200`,
    `${name}="${secret}" status=200`,
    `${name}='${secret}'`,
    `${name}: ${secret}`,
    `GET /login?a=1&${name}=${encodeURIComponent(secret)}&b=2 HTTP/1.1`,
    encodeURIComponent(json),
    `next=${encodeURIComponent(`/x?${name}=${secret}&b=2`)}`,
    `{'user': 'bob', '${name}': u'${secret}'}`,
    `{:user=>"bob", "${name}"=>"${secret}"}`,
    `Login{user=bob, ${name}=${secret}, host=x}`,
    `<${name}>${secret}</${name}>`,
    `<login ${name}="${secret}" user="bob"/>`,
    `mysql --user bob --${name} ${secret} --host x`,
    `{&quot;${name}&quot;:&quot;${secret}&quot;}`,
    `user[${name}]=${secret}&user[name]=bob`
  ]
}

export const PLANTED: readonly Planted[] = [
  { preset: 'passwords', secret: 'hunter2:horse!9', lines: inManyWays('password', 'hunter2:horse!9') },
  {
    preset: 'passwords',
    secret: 'Qwertz77',
    lines: inManyWays('db_passwd', 'Qwertz77').concat('postgres://u:Qwertz77@db:5432/x')
  },
  {
    preset: 'passwords',
    secret: '83927461',
    lines: ['{"userPassword":83927461,"next":1}', 'Server=x;Pwd=83927461;Database=y']
  },
  { preset: 'tokens', secret: 'q7w6e5r4t3z2', lines: inManyWays('access_token', 'q7w6e5r4t3z2') },
  { preset: 'tokens', secret: 'k-11-22-33-44', lines: inManyWays('X-Api-Key', 'k-11-22-33-44') },
  {
    preset: 'tokens',
    secret: 'wJalrXUtnFEMI/K7MDENG',
    lines: [`aws_secret_access_key = wJalrXUtnFEMI/K7MDENG`, '{"clientSecret":"wJalrXUtnFEMI/K7MDENG"}']
  },
  ...[JWT, GITHUB, STRIPE, SLACK, AWS, GOOGLE].map(
    (secret): Planted => ({
      preset: 'tokens',
      secret,
      lines: [secret, `got ${secret}.`, `["${secret}"]`, `/cb/${secret}/x`, JSON.stringify({ a: `x ${secret} y` })]
    })
  ),
  {
    preset: 'tokens',
    secret: KEY_BODY,
    lines: [
      KEY_BODY.slice(0, 64),
      `-----BEGIN RSA PRIVATE KEY-----\\n${KEY_BODY}\\n-----END RSA PRIVATE KEY-----`,
      JSON.stringify({ pem: `-----BEGIN PRIVATE KEY-----\n${KEY_BODY}\n-----END PRIVATE KEY-----\n`, next: 1 })
    ]
  },
  {
    preset: 'authorization',
    secret: 'dXNlcjpwYXNzd29yZA',
    lines: [
      'Authorization: Basic dXNlcjpwYXNzd29yZA== status=200',
      'authorization=Basic dXNlcjpwYXNzd29yZA==',
      'proxy-authorization: Custom a=1, b=dXNlcjpwYXNzd29yZA',
      `curl -H 'Authorization: Token dXNlcjpwYXNzd29yZA' -H 'X-Id: 1' x`,
      '{"headers":{"Authorization":"Basic dXNlcjpwYXNzd29yZA=="},"next":1}',
      `rawHeaders: [ 'Authorization', 'Basic dXNlcjpwYXNzd29yZA==' ]`,
      JSON.stringify({ message: 'sent Authorization: Digest x="dXNlcjpwYXNzd29yZA", y="2"', next: 1 })
    ]
  },
  {
    preset: 'cookies',
    secret: 's3ss10n-abc',
    lines: [
      'Cookie: theme=dark; sid=s3ss10n-abc; a=b',
      'set-cookie: sid=s3ss10n-abc; Path=/; HttpOnly',
      'cookie="sid=s3ss10n-abc; a=b" status=200',
      '{"cookies":{"sid":"s3ss10n-abc"},"next":1}',
      '{"set-cookie":["a=b; Path=/","sid=s3ss10n-abc"]}',
      'GET /x;jsessionid=s3ss10n-abc?y=1',
      JSON.stringify({ message: 'sent Cookie: sid=s3ss10n-abc; x=y', next: 1 })
    ]
  },
  {
    preset: 'email',
    secret: 'alice.smith',
    lines: [
      'from alice.smith@example.com to x',
      '{"mail":"alice.smith@mail.example.co.uk"}',
      '<alice.smith@example.org>',
      '?to=alice.smith%40example.com&x=1'
    ]
  },
  { preset: 'cards', secret: '2015112830366', lines: ['card 4532015112830366 ok', '{"pan":4532015112830366,"a":12}'] },
  { preset: 'cards', secret: '1283 0366', lines: ['card 4532 0151 1283 0366 200'] },
  { preset: 'cards', secret: '1283-0366', lines: ['pan=4532-0151-1283-0366'] },
  { preset: 'cards', secret: '822463 10005', lines: ['amex 3782 822463 10005'] },
  { preset: 'cards', secret: '82246310005', lines: ['378282246310005'] }
]
