// Draws on the page "In the browser" with the mouse, and tells what came of it.
// Usage: node draw.mjs TASK.json, with url, executable, arguments, strokes and folder.
import { readFileSync } from "node:fs";
import puppeteer from "puppeteer-core";

const task = JSON.parse(readFileSync(process.argv[2], "utf8"));
const browser = await puppeteer.launch({ executablePath: task.executable, args: task.arguments });
const page = await browser.newPage();
const errors = [];
page.on("pageerror", (error) => errors.push(String(error)));
page.on("response", (response) => {
  // Browsers ask for an icon of their own accord; these pages have none.
  if (response.status() >= 400 && !response.url().endsWith("/favicon.ico")) {
    errors.push(`${response.status()} ${response.url()}`);
  }
});

const answer = () => page.$eval("#digits-answer", (output) => output.value);
const until = (start) =>
  page.waitForFunction(
    (text) => document.getElementById("digits-answer").value.startsWith(text),
    { timeout: 60000 },
    start,
  );

async function draw(strokes) {
  await page.click("#digits-clear");
  await page.$eval("#digits-paper", (paper) => paper.scrollIntoView({ block: "center" }));
  const box = await (await page.$("#digits-paper")).boundingBox();
  for (const stroke of strokes) {
    const [first, ...others] = stroke.map(([x, y]) => [box.x + x, box.y + y]);
    await page.mouse.move(...first);
    await page.mouse.down();
    for (const point of others) {
      await page.mouse.move(...point, { steps: 3 });
    }
    await page.mouse.up();
  }
  await until("This is");
  const json = (part, name) =>
    page.$eval(`#digits-${part}`, (element, key) => JSON.parse(element.dataset[key]), name);
  return {
    answer: await answer(),
    pixels: await json("input", "pixels"),
    probabilities: await json("bars", "probabilities"),
  };
}

const result = { widths: {}, errors };
if (task.strokes === null) {
  await page.goto(task.url);
  await until("onnxruntime-web is not here");
  result.answer = await answer();
} else {
  for (const [name, width] of [["desk", 1280], ["phone", 390]]) {
    await page.setViewport({ width, height: 800 });
    await page.goto(task.url);
    await until("Draw a digit");
    result.drawn = [];
    for (const strokes of task.strokes) {
      result.drawn.push(await draw(strokes));
    }
    result.widths[name] = await page.evaluate(() => document.documentElement.scrollWidth);
    await page.screenshot({ path: `${task.folder}/${name}.png` });
  }
}
await browser.close();
console.log(JSON.stringify(result));
