'use strict';
(() => {
  const report = JSON.parse(document.getElementById('report').textContent);
  const byId = (id) => document.getElementById(id);
  const SCALE = ['#440154', '#472d7b', '#3b528b', '#2c728e', '#21918c', '#28ae80', '#5ec962', '#addc30', '#fde725'];
  const CROSS = 'path://M1,0 L5,4 L9,0 L10,1 L6,5 L10,9 L9,10 L5,6 L1,10 L0,9 L4,5 L0,1 Z';
  const layers = report.layers;
  const experts = report.experts;
  const expertNames = Array.from({length: experts}, (_, e) => String(e));
  const state = {metric: 0, layer: 0};
  const charts = new Map();

  // ---- numbers that came packed

  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

  function float32(text) {
    const view = new DataView(bytes(text).buffer);
    return Float64Array.from({length: view.byteLength / 4}, (_, i) => view.getFloat32(4 * i, true));
  }

  function uint16(text) {
    const view = new DataView(bytes(text).buffer);
    return Float64Array.from({length: view.byteLength / 2}, (_, i) => view.getUint16(2 * i, true));
  }

  const metrics = report.metrics.map((metric) => ({...metric, values: float32(metric.values)}));
  const domains = report.domains.map((domain) => ({...domain, shares: uint16(domain.shares)}));
  const divergence = float32(report.divergence);
  const similarity = report.similarity && {...report.similarity, values: bytes(report.similarity.values)};
  const kept = report.kept && bytes(report.kept);
  const isDropped = (place, expert) => Boolean(kept) && kept[place * experts + expert] === 0;
  const joins = {...report.joins, first: uint16(report.joins.first), second: uint16(report.joins.second), distance: uint16(report.joins.distance).map((steps) => steps * report.joins.unit)};
  const damage = report.damage && {...report.damage, removal: float32(report.damage.removal), merging: float32(report.damage.merging)};
  const superExperts = new Map(report.superExperts.map((s) => [s.layer + ':' + s.expert, s]));

  const inLayer = (values, layer) => values.subarray(layer * experts, (layer + 1) * experts);

  // ---- text

  function number(value) {
    if (Number.isInteger(value) && Math.abs(value) < 1e15) {
      return value.toLocaleString('en-US');
    }
    const size = Math.abs(value);
    return size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(3) : String(Number(value.toPrecision(4)));
  }

  const short = (text) => (text.length > 22 ? text.slice(0, 21) + '…' : text);

  function element(name, text, parent) {
    const made = document.createElement(name);
    if (text !== undefined) {
      made.textContent = text;
    }
    if (parent) {
      parent.append(made);
    }
    return made;
  }

  /** A tooltip made of text nodes: names come from files. */
  function tip(...lines) {
    const box = element('div');
    box.className = 'tip';
    lines.forEach((line, i) => element(i === 0 ? 'strong' : 'div', line, box));
    return box;
  }

  function fillTable(table, rows) {
    const body = table.querySelector('tbody');
    body.replaceChildren();
    for (const row of rows) {
      const line = element('tr', undefined, body);
      row.forEach((cell) => element('td', cell, line));
    }
  }

  // ---- plots

  function colors() {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue('--' + name).trim();
    return {text: color('text'), muted: color('muted'), line: color('line'), panel: color('panel'), accent: color('accent'), alert: color('alert')};
  }

  function draw(id, height, option) {
    const target = byId(id);
    target.style.height = height + 'px';
    let chart = charts.get(id);
    if (!chart) {
      chart = echarts.init(target, null, {renderer: 'canvas'});
      charts.set(id, chart);
    }
    chart.resize();
    chart.setOption({animation: false, textStyle: {fontFamily: getComputedStyle(document.body).fontFamily}, ...option}, true);
    return chart;
  }

  function category(name, data, c, more) {
    return {
      type: 'category', name, data, nameLocation: 'middle', nameGap: 30, nameTextStyle: {color: c.muted},
      axisLabel: {color: c.muted, fontSize: 12}, axisLine: {lineStyle: {color: c.line}}, axisTick: {show: false}, splitLine: {show: false}, ...more,
    };
  }

  function amount(name, c, more) {
    return {
      type: 'value', name, nameTextStyle: {color: c.muted, align: 'left'}, axisLabel: {color: c.muted, fontSize: 12, formatter: number},
      splitLine: {lineStyle: {color: c.line}}, ...more,
    };
  }

  function colorScale(min, max, c, more) {
    return {
      type: 'continuous', min, max: max > min ? max : min + 1, calculable: true, orient: 'vertical', right: 0, top: 'middle',
      itemHeight: 120, inRange: {color: SCALE}, textStyle: {color: c.muted}, formatter: number, precision: 6, ...more,
    };
  }

  const cellBorder = (columns, c) => (columns <= 64 ? {borderColor: c.panel, borderWidth: 1} : {});

  // ---- all experts

  function scaled(values) {
    const low = Math.min(...values);
    const high = Math.max(...values);
    return Array.from(values, (v) => (high > low ? (v - low) / (high - low) : 0));
  }

  function ranks(values) {
    const order = Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
    const rank = new Array(values.length);
    order.forEach((expert, place) => { rank[expert] = place + 1; });
    return rank;
  }

  function drawHeatmap() {
    const c = colors();
    const metric = metrics[state.metric];
    const relative = byId('relative').checked;
    const cells = [];
    const marked = [];
    layers.forEach((layer, y) => {
      const values = inLayer(metric.values, y);
      const shown = relative ? scaled(values) : values;
      for (let x = 0; x < experts; x++) {
        cells.push([x, y, shown[x]]);
      }
    });
    superExperts.forEach((s) => marked.push([s.expert, layers.indexOf(s.layer)]));
    const dropped = kept ? cells.filter(([x, y]) => isDropped(y, x)).map(([x, y]) => [x, y]) : [];
    const values = cells.map((cell) => cell[2]);
    const low = values.reduce((a, b) => Math.min(a, b), Infinity);
    const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
    byId('about-metric').textContent = metric.description;
    const row = Math.max(11, Math.min(30, 560 / layers.length));
    const chart = draw('heatmap', Math.round(row * layers.length + 80), {
      grid: {left: 56, right: 96, top: 10, bottom: 46},
      xAxis: category('expert', expertNames, c),
      yAxis: category('layer', layers.map(String), c, {inverse: true, nameGap: 34}),
      visualMap: colorScale(low, high, c, {seriesIndex: 0, text: relative ? ['highest', 'lowest'] : undefined, ...(relative ? {calculable: false} : {})}),
      tooltip: {
        formatter: ({value}) => {
          const values = inLayer(metric.values, value[1]);
          const found = superExperts.get(layers[value[1]] + ':' + value[0]);
          return tip(
            `layer ${layers[value[1]]}, expert ${value[0]}`,
            `${metric.title}: ${number(values[value[0]])}`,
            `rank ${ranks(values)[value[0]]} of ${experts} in its layer`,
            ...(kept ? [isDropped(value[1], value[0]) ? 'dropped by the plan' : 'kept by the plan'] : []),
            ...(found ? [`super expert, largest output ${number(found.maxAbs)}`] : []));
        },
      },
      series: [
        {type: 'heatmap', data: cells, itemStyle: cellBorder(experts, c), emphasis: {itemStyle: {borderColor: c.text, borderWidth: 2}}, progressive: 0},
        {type: 'scatter', data: dropped, silent: true, symbol: CROSS, symbolSize: Math.max(4, Math.min(10, 700 / experts)), itemStyle: {color: '#ffffff', borderColor: '#101418', borderWidth: 0.5}},
        {type: 'scatter', data: marked, symbol: 'circle', symbolSize: 9, itemStyle: {color: 'transparent', borderColor: '#ff3b30', borderWidth: 2}},
      ],
    });
    chart.off('click');
    chart.on('click', ({value}) => {
      selectLayer(value[1]);
      byId('one-layer').scrollIntoView({behavior: 'smooth'});
    });
  }

  // ---- super experts

  function drawSuperExperts() {
    const outputs = metrics.find((m) => m.name === 'max_activations');
    if (!report.superExpertRule || !outputs) {
      return;
    }
    byId('super-experts').hidden = false;
    const yes = (value) => (value ? 'yes' : 'no');
    fillTable(byId('super-experts').querySelector('table'), report.superExperts.map((s) => [
      String(s.layer), String(s.expert), number(s.maxAbs), yes(s.byPaper), yes(s.setApart),
      s.weight ? `row ${s.weight.row}, column ${s.weight.column} of its last projection` : '']));
    byId('about-sink').textContent = report.sink || '';
    byId('about-super-experts').textContent = report.superExperts.length === 0
      ? 'None found.'
      : `The published rule asks for more than ${number(report.superExpertRule.threshold)} among ${number(report.superExpertRule.candidates)} experts.`;
    const c = colors();
    const largest = Array.from(outputs.values.keys()).sort((a, b) => outputs.values[b] - outputs.values[a]).slice(0, 40);
    const name = (i) => `${layers[Math.floor(i / experts)]}:${i % experts}`;
    draw('outputs', 240, {
      grid: {left: 64, right: 20, top: 30, bottom: 70},
      xAxis: category('layer:expert, the 40 largest', largest.map(name), c, {nameGap: 54, axisLabel: {color: c.muted, rotate: 60, interval: 0, fontSize: 11}}),
      yAxis: amount('largest output', c),
      tooltip: {formatter: ({name, value}) => tip('layer:expert ' + name, `largest output ${number(value)}`)},
      series: [{type: 'bar', barCategoryGap: '25%', data: largest.map((i) => ({value: outputs.values[i], itemStyle: {color: superExperts.has(name(i)) ? c.alert : c.accent}}))}],
    });
  }

  // ---- routing by layer

  function drawRouting() {
    if (!report.routing) {
      return;
    }
    byId('evenness').hidden = false;
    const c = colors();
    const line = (name, data, color, yAxisIndex) => ({
      name, type: 'line', data, yAxisIndex, symbolSize: 5, lineStyle: {color, width: 2}, itemStyle: {color},
    });
    const series = [
      line('entropy', report.routing.map((r) => r.evenness), c.accent, 0),
      line('busiest expert', report.routing.map((r) => r.loadImbalance), '#e07b39', 1),
    ];
    if (domains.length > 1) {
      series.push(line('domain divergence', report.routing.map((r) => r.meanDivergence), '#2a9d6f', 0));
    }
    draw('routing', 260, {
      grid: {left: 56, right: 56, top: 44, bottom: 46},
      legend: {top: 0, textStyle: {color: c.text}},
      xAxis: category('layer', layers.map(String), c),
      yAxis: [
        amount('share, bits', c, {min: 0, max: 1}),
        amount('× mean', c, {min: 0, splitLine: {show: false}, nameTextStyle: {color: c.muted, align: 'right'}}),
      ],
      tooltip: {
        trigger: 'axis',
        formatter: (points) => tip('layer ' + points[0].name, ...points.map((p) => `${p.seriesName}: ${number(p.value)}`)),
      },
      series,
    });
  }

  // ---- one layer

  function drawRanking() {
    const c = colors();
    const metric = metrics[state.metric];
    const layer = layers[state.layer];
    const values = inLayer(metric.values, state.layer);
    const order = Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
    byId('ranking-title').textContent = `${metric.title}, highest first`;
    draw('ranking', 250, {
      grid: {left: 64, right: 20, top: 30, bottom: 46},
      xAxis: category('expert', order.map(String), c),
      yAxis: amount('', c, {scale: Math.min(...values) < 0}),
      tooltip: {
        formatter: ({name, value, dataIndex}) => tip(`expert ${name}`, `${metric.title}: ${number(value)}`, `rank ${dataIndex + 1} of ${experts}`),
      },
      series: [{
        type: 'bar', barCategoryGap: experts > 100 ? '5%' : '25%',
        data: order.map((e) => ({value: values[e], itemStyle: {color: superExperts.has(layer + ':' + e) ? c.alert : isDropped(state.layer, e) ? c.line : c.accent}})),
      }],
    });
  }

  function drawDomains() {
    if (domains.length === 0) {
      return;
    }
    byId('domain-part').hidden = false;
    const c = colors();
    const names = domains.map((d) => short(d.name));
    const cells = [];
    domains.forEach((domain, y) => {
      inLayer(domain.shares, state.layer).forEach((share, x) => cells.push([x, y, share * domain.unit * experts]));
    });
    draw('domains', 30 * domains.length + 80, {
      grid: {left: 150, right: 96, top: 10, bottom: 46},
      xAxis: category('expert', expertNames, c),
      yAxis: category('', names, c, {inverse: true}),
      visualMap: colorScale(0, cells.reduce((a, cell) => Math.max(a, cell[2]), 0), c),
      tooltip: {
        formatter: ({value}) => tip(`expert ${value[0]}`, domains[value[1]].name,
          `${number(value[2])} × even use`, `${number(100 * value[2] / experts)} % of the domain's choices`),
      },
      series: [{type: 'heatmap', data: cells, itemStyle: cellBorder(experts, c), progressive: 0}],
    });
    if (domains.length > 1) {
      byId('divergence-part').hidden = false;
      drawDivergence(c, names);
    }
  }

  function drawDivergence(c, names) {
    const count = domains.length;
    const cells = [];
    for (let y = 0; y < count; y++) {
      for (let x = 0; x < count; x++) {
        cells.push([x, y, divergence[(state.layer * count + y) * count + x]]);
      }
    }
    const high = cells.reduce((a, cell) => Math.max(a, cell[2]), 0);
    const bottom = count > 6 ? 80 : 34;
    draw('divergence', 34 * count + 10 + bottom, {
      grid: {left: 150, right: 96, top: 10, bottom},
      xAxis: category('', names, c, {axisLabel: {color: c.muted, fontSize: 12, interval: 0, rotate: count > 6 ? 30 : 0}}),
      yAxis: category('', names, c, {inverse: true}),
      visualMap: colorScale(0, high, c),
      tooltip: {formatter: ({value}) => tip(`${number(value[2])} bits`, domains[value[0]].name, domains[value[1]].name)},
      series: [{
        type: 'heatmap', itemStyle: cellBorder(count, c),
        data: cells.map((value) => ({value, label: {color: value[2] > 0.55 * high ? '#101418' : '#ffffff'}})),
        label: {show: count <= 12, fontSize: 12, formatter: ({value}) => value[2].toFixed(2)},
      }],
    });
  }

  function drawSimilarity() {
    if (!similarity) {
      return;
    }
    byId('similarity-part').hidden = false;
    const c = colors();
    const {size, block, low, high} = similarity;
    const perLayer = size * (size + 1) / 2;
    const cells = [];
    let at = state.layer * perLayer;
    for (let i = 0; i < size; i++) {
      for (let j = i; j < size; j++, at++) {
        const value = similarity.values[at] === 0 ? '-' : low + (similarity.values[at] - 1) / 254 * (high - low);
        cells.push([i, j, value]);
        if (i !== j) {
          cells.push([j, i, value]);
        }
      }
    }
    const name = (i) => (block === 1 ? String(i) : `${i * block}–${Math.min(experts, (i + 1) * block) - 1}`);
    const names = Array.from({length: size}, (_, i) => name(i));
    byId('about-similarity').textContent = `Cosine of ${similarity.kind}.`
      + (block === 1 ? '' : ` One cell stands for ${block} × ${block} experts and shows the most similar two of them.`);
    draw('similarity', Math.max(320, Math.min(640, byId('similarity').clientWidth - 60)), {
      grid: {left: block === 1 ? 64 : 92, right: 96, top: 10, bottom: 50},
      xAxis: category('expert', names, c),
      yAxis: category('expert', names, c, {inverse: true, nameGap: block === 1 ? 42 : 70}),
      visualMap: colorScale(low, high, c),
      tooltip: {formatter: ({value}) => tip(`experts ${name(value[0])} and ${name(value[1])}`, value[2] === '-' ? 'the same expert' : `similarity ${number(Number(value[2].toFixed(3)))}`)},
      series: [{type: 'heatmap', data: cells, itemStyle: cellBorder(size, c), progressive: 0}],
    });
    fillTable(byId('closest'), similarity.closest[state.layer].map((p) => [`${p.first}, ${p.second}`, p.similarity.toFixed(3)]));
  }

  // ---- damage, what-if, dendrogram

  function drawDamage() {
    if (!damage) {
      return;
    }
    byId('damage-part').hidden = false;
    const c = colors();
    const count = damage.removed.length;
    const curve = (values, place) => damage.removed
      .map((removed, i) => [removed, values[place * count + i]]).filter((point) => !Number.isNaN(point[1]));
    const line = (name, data, more) => ({name, type: 'line', data, showSymbol: false, ...more});
    const faint = layers.map((layer, place) => line('layer ' + layer, curve(damage.removal, place), {
      silent: true, lineStyle: {color: c.muted, width: 1, opacity: 0.35}, itemStyle: {color: c.muted}}));
    const layer = layers[state.layer];
    draw('damage', 300, {
      grid: {left: 64, right: 30, top: 44, bottom: 46},
      legend: {top: 0, textStyle: {color: c.text}, data: [`layer ${layer}: removed`, `layer ${layer}: merged to mean outputs`]},
      xAxis: amount('experts fewer', c, {nameLocation: 'middle', nameGap: 30, nameTextStyle: {color: c.muted}, max: experts - 1}),
      yAxis: amount('error', c, {min: 0}),
      tooltip: {trigger: 'item', formatter: ({seriesName, value}) => tip(seriesName, `${value[0]} experts fewer: ${number(100 * value[1])} %`)},
      series: [
        ...faint,
        line(`layer ${layer}: removed`, curve(damage.removal, state.layer), {showSymbol: true, symbolSize: 5, lineStyle: {color: c.accent, width: 3}, itemStyle: {color: c.accent}}),
        line(`layer ${layer}: merged to mean outputs`, curve(damage.merging, state.layer), {showSymbol: true, symbolSize: 5, lineStyle: {color: '#e07b39', width: 2, type: 'dashed'}, itemStyle: {color: '#e07b39'}}),
      ],
    });
    draw('tolerable', 200, {
      grid: {left: 64, right: 30, top: 34, bottom: 46},
      xAxis: category('layer', layers.map(String), c),
      yAxis: amount('experts', c, {minInterval: 1}),
      tooltip: {formatter: ({name, value}) => tip('layer ' + name, `${value} of ${experts} experts`)},
      series: [{type: 'bar', barCategoryGap: '25%', data: damage.tolerable.map((value, place) => ({value, itemStyle: {color: place === state.layer ? '#e07b39' : c.accent}}))}],
    });
  }

  const RULES = {
    rank: ['the best k', 'k', '#2563a8'], share: ['top-p of the scores', 'p', '#e07b39'],
    ratio: ['at least a part of the best coefficient', 'part', '#2a9d6f'], logit: ['logit above a limit (null experts)', 'limit', '#b0529f'],
  };

  function drawWhatIf() {
    const rules = Object.keys(report.whatIf).filter((rule) => report.whatIf[rule].length > 0);
    if (rules.length === 0) {
      return;
    }
    byId('what-if-part').hidden = false;
    const c = colors();
    draw('what-if', 320, {
      grid: {left: 64, right: 30, top: 44, bottom: 46},
      legend: {top: 0, textStyle: {color: c.text}},
      xAxis: amount('% of the routed work saved', c, {nameLocation: 'middle', nameGap: 30, nameTextStyle: {color: c.muted}, min: 0, max: 100}),
      yAxis: amount('error at most, %', c, {min: 0}),
      tooltip: {
        formatter: ({data, seriesName}) => tip(seriesName, `${data.setting.name} = ${number(data.setting.limit)}`,
          `${number(data.setting.activeExperts)} experts a token`, `saves ${number(100 * data.setting.saved)} %`,
          `drops ${number(100 * data.setting.droppedMass)} % of the coefficients`, `error at most ${number(100 * data.setting.errorBound)} %`),
      },
      series: rules.map((rule) => {
        const [name, unit, color] = RULES[rule];
        return {
          name, type: 'line', symbolSize: 7, lineStyle: {color, width: 2}, itemStyle: {color},
          data: report.whatIf[rule].map((s) => ({value: [100 * s.saved, 100 * s.errorBound], setting: {...s, name: unit}})),
        };
      }),
    });
  }

  /** Places of experts from left to right, so that joined groups lie side by side. */
  function treeOrder(from) {
    const members = new Map(Array.from({length: experts}, (_, e) => [e, [e]]));
    for (let i = from; i < from + experts - 1; i++) {
      members.set(joins.first[i], members.get(joins.first[i]).concat(members.get(joins.second[i])));
    }
    return members.get(joins.first[from + experts - 2]);
  }

  function drawTree() {
    if (experts < 2) {
      return;
    }
    byId('tree-part').hidden = false;
    const c = colors();
    const from = state.layer * (experts - 1);
    const order = treeOrder(from);
    const at = new Map(order.map((expert, place) => [expert, {x: place, y: 0}]));
    const links = [];
    for (let i = from; i < from + experts - 1; i++) {
      const a = at.get(joins.first[i]);
      const b = at.get(joins.second[i]);
      const y = joins.distance[i];
      links.push([a.x, a.y, b.x, b.y, y]);
      at.set(joins.first[i], {x: (a.x + b.x) / 2, y});
    }
    const highest = links.reduce((top, link) => Math.max(top, link[4]), 0);
    byId('about-tree').textContent = 'Groups of experts by average linkage, nearest first; height is 1 minus the cosine of '
      + ({outputs: 'their outputs for the same token', routerLogits: 'their router logits', routerRows: 'their router rows'})[joins.measure] + '.';
    draw('tree', 300, {
      grid: {left: 64, right: 20, top: 20, bottom: 50},
      xAxis: category('expert', order.map(String), c, {axisLabel: {color: c.muted, fontSize: 11, rotate: experts > 40 ? 90 : 0}}),
      yAxis: amount('', c, {min: 0, max: highest > 0 ? highest * 1.05 : 1, axisLabel: {color: c.muted, fontSize: 12, formatter: (value) => number(Number(value.toPrecision(2)))}}),
      tooltip: {formatter: ({value}) => tip(`joined at ${number(value[4])}`)},
      series: [{
        type: 'custom', data: links, encode: {x: [0, 2], y: [1, 3, 4]},
        renderItem: (_, api) => {
          const point = (x, y) => api.coord([x, y]);
          const points = [point(api.value(0), api.value(1)), point(api.value(0), api.value(4)), point(api.value(2), api.value(4)), point(api.value(2), api.value(3))];
          return {type: 'polyline', shape: {points}, style: {stroke: c.accent, lineWidth: 1.5, fill: 'none'}};
        },
      }],
    });
  }

  function drawLayer() {
    const routing = report.routing && report.routing[state.layer];
    byId('about-layer').textContent = routing
      ? `${routing.unused} of ${experts} experts unused, ${routing.starved} chosen by fewer than ${report.fewTokens} tokens` : '';
    drawRanking();
    drawDomains();
    drawSimilarity();
    drawTree();
    drawDamage();
  }

  function selectLayer(place) {
    state.layer = Math.max(0, Math.min(layers.length - 1, place));
    byId('layer').value = String(state.layer);
    byId('previous').disabled = state.layer === 0;
    byId('next').disabled = state.layer === layers.length - 1;
    drawLayer();
  }

  // ---- text parts

  function writeText() {
    byId('subtitle').textContent = report.subtitle;
    byId('about-plan').hidden = !kept;
    report.warnings.forEach((warning) => {
      byId('warnings').hidden = false;
      element('li', warning, byId('warnings').querySelector('ul'));
    });
    report.summary.forEach(({name, value}) => {
      const entry = element('div', undefined, byId('summary').querySelector('dl'));
      element('dt', name, entry);
      element('dd', typeof value === 'number' ? number(value) : value, entry);
    });
    fillTable(byId('methods').querySelector('table'), report.methods.map((m) => [m.name, m.description, m.source]));
  }

  function listen() {
    metrics.forEach((metric, i) => { element('option', metric.title, byId('metric')).value = String(i); });
    layers.forEach((layer, i) => { element('option', String(layer), byId('layer')).value = String(i); });
    byId('metric').addEventListener('change', () => {
      state.metric = Number(byId('metric').value);
      drawHeatmap();
      drawRanking();
    });
    byId('relative').addEventListener('change', drawHeatmap);
    byId('layer').addEventListener('change', () => selectLayer(Number(byId('layer').value)));
    byId('previous').addEventListener('click', () => selectLayer(state.layer - 1));
    byId('next').addEventListener('click', () => selectLayer(state.layer + 1));
    window.addEventListener('resize', () => charts.forEach((chart) => chart.resize()));
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
  }

  function drawAll() {
    drawHeatmap();
    drawSuperExperts();
    drawRouting();
    drawWhatIf();
    selectLayer(state.layer);
  }

  writeText();
  listen();
  drawAll();
})();
