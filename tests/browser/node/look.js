// Looks at the status page with a real browser, and fails when the page is not what it should be: a policy that is violated, a line on the
// console, a request to anywhere, text that is hard to read, a page wider than its window.
//
//   STATUS_URL    http://127.0.0.1:PORT/status
//   STATUS_TOKEN  the password
//   STATUS_UNTIL  JSON: texts that the page must show; it is loaded again until it does, for two minutes at most
//   STATUS_OUT    folder for the screenshots
//   STATUS_NAME   what they are called: NAME-light.png, NAME-dark.png, NAME-phone.png
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import puppeteer from 'puppeteer-core';

const {STATUS_URL, STATUS_TOKEN, STATUS_UNTIL, STATUS_OUT, STATUS_NAME} = process.env;
const PATIENCE = 120_000;
const DESK = {width: 1280, height: 900, deviceScaleFactor: 1};
const PHONE = {width: 390, height: 844, deviceScaleFactor: 2};

// Everything that a page must not do, as it does it.
class Offences {
  found = [];

  async watch(page) {
    page.on('console', (message) => this.found.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => this.found.push(`error: ${error.message}`));
    page.on('requestfailed', (request) => this.found.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
    page.on('request', (request) => {
      if (request.url() !== STATUS_URL && !request.url().startsWith('data:')) this.found.push(`request: ${request.url()}`);
    });
    const session = await page.createCDPSession();
    await session.send('Log.enable');
    session.on('Log.entryAdded', ({entry}) => this.found.push(`log: ${entry.text}`));
    await page.evaluateOnNewDocument(() => {
      window.violations = [];
      document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));
    });
  }
}

async function load(page) {
  const response = await page.goto(STATUS_URL, {waitUntil: 'load', timeout: PATIENCE});
  assert.equal(response.status(), 200);
  assert.match(response.headers()['content-security-policy'], /default-src 'none'/);
}

async function loadUntil(page, texts) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    await load(page);
    const shown = await page.evaluate(() => document.body.innerText);
    const missing = texts.filter((text) => !shown.includes(text));
    if (missing.length === 0) return;
    if (Date.now() > end) throw new Error(`the page never showed ${missing.join(', ')}:\n${shown}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

// Runs in the page: texts whose contrast with what is behind them is under 4.5 (WCAG 2.2, 1.4.3), and bars under 3 (1.4.11).
function pale() {
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const judge = (element, colour, least, what) => {
    const ratio = contrast(luminance(numbers(colour)), luminance(behind(element)));
    if (ratio < least) found.push(`${what}: ${ratio.toFixed(2)}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!text || element.closest('desc')) continue;
    const style = getComputedStyle(element);
    judge(element, element.closest('svg') ? style.fill : style.color, 4.5, text);
  }
  for (const bar of document.querySelectorAll('.b1,.b2,.b3')) judge(bar, getComputedStyle(bar).fill, 3, bar.getAttribute('class'));
  return found;
}

// Runs in the page: what somebody who cannot see it needs.
function unnamed() {
  const found = [];
  for (const table of document.querySelectorAll('table')) {
    if (!table.caption?.textContent) found.push('a table without a caption');
    if ([...table.querySelectorAll('th')].some((head) => !head.scope)) found.push('a heading of no row or column');
  }
  for (const drawing of document.querySelectorAll('svg:not([aria-hidden])')) {
    const names = (drawing.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent);
    if (names.length < 2 || names.some((name) => !name)) found.push('a drawing without words');
  }
  for (const region of document.querySelectorAll('.scroll')) if (region.tabIndex !== 0) found.push('a region out of reach of the keyboard');
  if (document.querySelectorAll('h1').length !== 1) found.push('not one heading');
  if (document.documentElement.lang !== 'en') found.push('no language');
  return found;
}

async function judgeAndPicture(page, name, viewport, scheme) {
  await page.setViewport(viewport);
  await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}]);
  assert.deepEqual(await page.evaluate(pale), [], `${name}: hard to read`);
  assert.deepEqual(await page.evaluate(unnamed), [], name);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `${name}: the page is ${wide} px wider than its window`);
  await page.screenshot({path: join(STATUS_OUT, `${STATUS_NAME}-${name}.png`), fullPage: viewport === PHONE});
}

// The policy is in force, and the watch for violations works: a script that is put in does not run, and is told of.
async function policyBites(page) {
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.head.append(script);
  });
  await page.waitForFunction(() => window.violations.length > 0, {timeout: PATIENCE});
  assert.equal(await page.evaluate(() => window.ran), undefined);
  const [directive] = await page.evaluate(() => window.violations);
  assert.match(directive, /^script-src/);
}

const profile = mkdtempSync(join(tmpdir(), 'tokenforge-browser-'));
const browser = await puppeteer.launch({
  executablePath: '/usr/bin/chromium', headless: true, userDataDir: profile, timeout: PATIENCE, protocolTimeout: PATIENCE,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--no-first-run'],
});
try {
  const page = await browser.newPage();
  const offences = new Offences();
  await offences.watch(page);
  await page.authenticate({username: 'operator', password: STATUS_TOKEN});
  await page.setViewport(DESK);
  await loadUntil(page, JSON.parse(STATUS_UNTIL));
  await judgeAndPicture(page, 'light', DESK, 'light');
  await judgeAndPicture(page, 'dark', DESK, 'dark');
  await judgeAndPicture(page, 'phone', PHONE, 'light');
  await page.setViewport(DESK);
  await page.emulateMediaFeatures([]);
  assert.ok((await page.pdf({format: 'A4'})).length > 10_000, 'it can be printed');
  // By itself, as the page asks for it.
  await page.waitForNavigation({waitUntil: 'load', timeout: PATIENCE});
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  assert.deepEqual(offences.found, []);
  await policyBites(page);
} finally {
  await browser.close();
  rmSync(profile, {recursive: true, force: true});
}
console.log(`looked at ${STATUS_NAME}`);
