// One page at a time; without this script all pages stand below each other.
(() => {
  const pages = [...document.querySelectorAll("section.page")];
  const links = [...document.querySelectorAll("nav a")];
  document.body.classList.add("paged");
  const show = () => {
    const wanted = decodeURIComponent(location.hash.slice(1));
    const inside = wanted && document.getElementById(wanted);
    const page = (inside && inside.closest("section.page")) || pages[0];
    pages.forEach((one) => one.classList.toggle("shown", one === page));
    links.forEach((one) => one.classList.toggle("here", one.hash === "#" + page.id));
    // After the browser's own jump to what the address names.
    setTimeout(() => (inside && inside !== page ? inside.scrollIntoView() : window.scrollTo(0, 0)));
  };
  addEventListener("hashchange", show);
  addEventListener("load", show);
  show();
  // A field above a table leaves the rows that hold all its words.
  document.querySelectorAll("input.find").forEach((field) => {
    const rows = [...document.getElementById(field.dataset.of).querySelectorAll("tbody tr")];
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      rows.forEach((row) => {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      });
    });
  });
})();
