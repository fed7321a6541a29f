fn main(){
    let dir=std::env::args().nth(1).unwrap();
    let t=std::time::Instant::now();
    let m=tollgate_embed::MiniLm::load(dir.as_ref()).unwrap();
    println!("load {:?} {m:?}",t.elapsed());
    let e:Vec<_>=["The weather is lovely today.","It's so sunny outside!","He drove to the stadium."].iter().map(|t|m.embed(t)).collect();
    println!("{} {} {}",e[0].dot(&e[1]),e[0].dot(&e[2]),e[1].dot(&e[2]));
    let run=|m:&tollgate_embed::MiniLm|for n in [13usize,32,128,256]{
        let text="word ".repeat(n-2);assert_eq!(m.tokens(&text),n);
        let mut v:Vec<_>=(0..200).map(|_|{let t=std::time::Instant::now();std::hint::black_box(m.embed(&text));t.elapsed()}).collect();v.sort();
        println!("{n}: p50 {:?} p99 {:?}",v[100],v[197]);
    };
    run(&m);
    let m=m.portable();println!("{m:?}");run(&m);
    println!("{}",std::fs::read_to_string("/proc/self/status").unwrap().lines().filter(|l|l.contains("RSS")||l.contains("HWM")).collect::<Vec<_>>().join("\n"));
}
