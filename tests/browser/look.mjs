// Looks at pages in headless Chromium and prints what it saw as JSON.
// node look.mjs FOLDER: every FOLDER/*.html; screenshots and PDFs are put beside them.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import sparticuz from "@sparticuz/chromium";
import { chromium } from "playwright-core";

// Pixels of a picture that Chromium surely makes without a graphics card.
const TALLEST = 8_000;
const folder = path.resolve(process.argv[2]);
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: await sparticuz.executablePath(),
  args: ["--no-sandbox", "--disable-gpu"],
  headless: true,
});
const MODES = {
  light: { viewport: { width: 1200, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1200, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 375, height: 812 }, colorScheme: "light" },
};

async function open(name, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const seen = { requests: [], console: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("console", (message) => seen.console.push(message.text()));
  await page.goto(`file://${path.join(folder, name)}`);
  return { context, page, seen };
}

async function look(name, mode) {
  const { context, page, seen } = await open(name, MODES[mode]);
  const base = path.join(folder, `${path.parse(name).name}-${mode}`);
  const height = await page.evaluate(() => document.body.scrollHeight);
  await page.screenshot({ path: `${base}.png`, fullPage: height < TALLEST });
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - window.innerWidth,
  );
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => axe.run());
  await context.close();
  return {
    ...seen,
    background,
    overflow,
    rules: passes.length,
    violations: violations.map((each) => `${each.id}: ${each.nodes[0].html}`),
  };
}

async function keyboard(name) {
  const { context, page } = await open(name, MODES.light);
  const stops = [];
  const wanted = await page.evaluate(() => document.querySelectorAll("a[href], summary").length);
  for (let number = 0; number < wanted + 20; number += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const { activeElement: here } = document;
      const style = getComputedStyle(here);
      return { text: here.textContent, tag: here.tagName, outline: style.outlineStyle };
    });
    if (stop.tag === "BODY") break;
    stops.push(stop);
  }
  const summary = page.locator("main summary").first();
  await summary.focus();
  await page.keyboard.press("Enter");
  const opened = await summary.evaluate((each) => each.parentElement.open);
  await context.close();
  return { stops, opened };
}

async function print(name) {
  const { context, page } = await open(name, MODES.light);
  await page.emulateMedia({ media: "print" });
  // What is visible is known once the page has been drawn again.
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  const hidden = await page.evaluate(
    () => [...document.querySelectorAll("details pre, details td")]
      .filter((each) => !each.checkVisibility({ contentVisibilityAuto: true })).length,
  );
  const pdf = await page.pdf({ path: path.join(folder, `${path.parse(name).name}.pdf`), format: "A4" });
  await context.close();
  return { hidden, bytes: pdf.length };
}

async function withoutScripts(name) {
  const { context, page } = await open(name, { ...MODES.light, javaScriptEnabled: false });
  const headings = await page.locator("h2").allInnerTexts();
  await context.close();
  return headings;
}

const seen = {};
for (const name of fs.readdirSync(folder).filter((each) => each.endsWith(".html")).sort()) {
  seen[name] = { print: await print(name) };
  if (name === "fail.html") {
    seen[name].keyboard = await keyboard(name);
    seen[name].withoutScripts = await withoutScripts(name);
  }
  for (const mode of Object.keys(MODES)) seen[name][mode] = await look(name, mode);
}
await browser.close();
process.stdout.write(JSON.stringify(seen));
