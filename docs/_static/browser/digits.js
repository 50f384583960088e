// The page "In the browser": a drawing becomes 8 x 8 pixels, and a network reads them.
"use strict";

(() => {
  const part = (name) => document.getElementById(`digits-${name}`);
  const folder = new URL(".", document.currentScript.src).href;
  const paper = part("paper");
  const BOX = { width: 20, height: 32 }; // of 32 x 32 pixels, as in the data set
  const INK = 0.3; // black share of those pixels, the same for all its digits
  let strokes = []; // lists of [x, y]
  let session = null;

  // Draw all strokes, moved and scaled by `place`, as lines of one width.
  function draw(canvas, place, width) {
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.clearRect(0, 0, canvas.width, canvas.height);
    Object.assign(context, { lineWidth: width, lineCap: "round", lineJoin: "round" });
    for (const stroke of strokes) {
      context.beginPath();
      context.moveTo(...place(stroke[0]));
      stroke.forEach((point) => context.lineTo(...place(point)));
      context.stroke();
    }
    return context;
  }

  // The drawing in black and white, 32 x 32, with lines of this width: fills the box.
  function bitmap(width) {
    const [xs, ys] = [0, 1].map((axis) => strokes.flat().map((point) => point[axis]));
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    const [wide, high] = [Math.max(...xs) - left, Math.max(...ys) - top];
    const yScale = (BOX.height - width) / Math.max(high, 1);
    // A one is stretched a little; what is wide is squeezed.
    const xScale = Math.min((BOX.width - width) / Math.max(wide, 1), 1.5 * yScale);
    const place = ([x, y]) => [
      16 + (x - left - wide / 2) * xScale,
      16 + (y - top - high / 2) * yScale,
    ];
    const canvas = new OffscreenCanvas(32, 32);
    const { data } = draw(canvas, place, width).getImageData(0, 0, 32, 32);
    return Array.from({ length: 32 * 32 }, (_, i) => Number(data[4 * i + 3] > 127));
  }

  // 64 numbers from 0 to 16: the black pixels in each square of 4 x 4.
  function pixels() {
    const share = (bits) => bits.reduce((sum, bit) => sum + bit) / bits.length;
    let width = 2;
    while (width < 12 && share(bitmap(width)) < INK) {
      width += 0.5;
    }
    const counts = new Float32Array(64);
    bitmap(width).forEach((bit, i) => {
      counts[8 * (i >> 7) + ((i & 31) >> 2)] += bit;
    });
    return counts;
  }

  function showInput(values) {
    const image = new ImageData(8, 8);
    values.forEach((value, i) => image.data.set([0, 0, 0, (255 * value) / 16], 4 * i));
    part("input").getContext("2d").putImageData(image, 0, 0);
    part("input").dataset.pixels = JSON.stringify([...values]);
  }

  function showProbabilities(values) {
    const columns = [...values].map((value, digit) => {
      const column = document.createElement("div");
      column.className = "column";
      column.title = `${digit}: ${(100 * value).toFixed(1)} %`;
      const bar = document.createElement("div");
      bar.className = "bar";
      bar.style.height = `${70 * value}px`;
      column.append(bar, String(digit));
      return column;
    });
    part("bars").replaceChildren(...columns);
    part("bars").dataset.probabilities = JSON.stringify([...values]);
  }

  async function read() {
    const values = pixels();
    const input = new ort.Tensor("float32", values, [1, 64]);
    const { label, probabilities } = await session.run({ X: input });
    showInput(values);
    showProbabilities(probabilities.data);
    const digit = Number(label.data[0]);
    const percent = Math.round(100 * probabilities.data[digit]);
    part("answer").value = `This is a ${digit} (${percent} %)`;
  }

  function clear() {
    strokes = [];
    paper.getContext("2d").clearRect(0, 0, paper.width, paper.height);
    showInput(new Float32Array(64));
    showProbabilities(new Float32Array(10));
    part("answer").value = "Draw a digit.";
  }

  function position(event) {
    const box = paper.getBoundingClientRect();
    const scale = paper.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }

  paper.addEventListener("pointerdown", (event) => {
    paper.setPointerCapture(event.pointerId);
    strokes.push([position(event)]);
  });
  paper.addEventListener("pointermove", (event) => {
    if (paper.hasPointerCapture(event.pointerId)) {
      strokes.at(-1).push(position(event));
      draw(paper, (point) => point, 14);
    }
  });
  paper.addEventListener("pointerup", () => session && read());
  part("clear").addEventListener("click", clear);

  async function load() {
    if (typeof ort === "undefined") {
      part("answer").value =
        "onnxruntime-web is not here: it was not fetched when these pages were built, or they " +
        "were opened as files and not from a web server.";
      return;
    }
    ort.env.wasm.wasmPaths = `${folder}runtime/`;
    ort.env.wasm.numThreads = 1; // several need headers that many servers do not send
    session = await ort.InferenceSession.create(`${folder}digits.onnx`);
    clear();
  }

  load().catch((error) => {
    part("answer").value = `The network could not be loaded: ${error.message}`;
  });
})();
