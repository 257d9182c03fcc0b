// Moves the cursors of the plots with the video, and the video with the slider.
(() => {
  const film = document.getElementById("film");
  const slider = document.getElementById("film-step");
  const now = document.getElementById("film-now");
  const note = document.getElementById("film-note");
  const steps = Number(film.dataset.steps);
  const hz = Number(film.dataset.hz);
  let rewards = null;

  function show(step) {
    const at = Math.min(Math.max(Math.round(step), 0), steps);
    if (slider === null) return;
    slider.value = at;
    const reward = rewards && at > 0 && at <= rewards.length ? `, reward ${rewards[at - 1].toFixed(3)}` : "";
    now.textContent = `${at} of ${steps}${reward}`;
    for (const line of document.querySelectorAll(".cursor")) {
      const x = steps > 0 ? (100 * at) / steps : 0;
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
    }
  }

  function follow() {
    show(film.currentTime * hz);
    if (!film.paused && !film.ended) requestAnimationFrame(follow);
  }

  async function draw() {
    const answer = await fetch(film.dataset.numbers);
    if (!answer.ok) return;
    const numbers = await answer.json();
    rewards = numbers.rewards;
    const most = Math.max(...rewards, 1e-9);
    const least = Math.min(...rewards, 0);
    const points = rewards.map((reward, step) => {
      const x = (100 * (step + 1)) / Math.max(rewards.length, 1);
      return `${x.toFixed(2)},${(20 * (1 - (reward - least) / (most - least))).toFixed(2)}`;
    });
    document.getElementById("rewards").setAttribute("points", points.join(" "));
    document.getElementById("reward-note").textContent = `Of every step, from ${least.toFixed(2)} to ${most.toFixed(2)}.`;
    if (!numbers.agrees) note.textContent = "The replay differs from the trace: this is not what the executor reported.";
  }

  film.addEventListener("play", () => requestAnimationFrame(follow));
  film.addEventListener("seeked", () => show(film.currentTime * hz));
  film.addEventListener("loadedmetadata", () => {
    note.textContent = "The images of all cameras, drawn from the trace.";
    if (slider !== null) draw();
  });
  film.addEventListener("error", async () => {
    const answer = await fetch(film.src);
    note.textContent = answer.ok ? "This browser cannot play the video." : await answer.text();
  });
  if (slider !== null) {
    slider.addEventListener("input", () => {
      show(Number(slider.value));
      if (film.readyState > 0) film.currentTime = Math.min(Number(slider.value) / hz, film.duration);
    });
  }
})();
