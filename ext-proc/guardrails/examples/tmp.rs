//! x
use std::time::Instant;
use tollgate_guardrails::*;
use tollgate_redact::fold::*;
fn best(n:&str,mut f:impl FnMut()){ let mut b=f64::MAX; for _ in 0..3000{let s=Instant::now(); f(); b=b.min(s.elapsed().as_secs_f64());} println!("{n} {:.1} µs",b*1e6);}
fn main(){
 let t=std::fs::read_to_string("/tmp/probe/clean.txt").unwrap();
 best("fold",||{let mut o=Folded::default(); Folder::new(Mode::Text).fold(&t,0,true,&mut o); std::hint::black_box(&o);});
 best("judge",||{std::hint::black_box(judge(Role::User,&t));});
 best("greek",||{std::hint::black_box(t.as_bytes().windows(2).any(|p| matches!(p,[0xCE,0x91..=0xA9])));});
 best("ce",||{std::hint::black_box(t.as_bytes().contains(&0xCE));});
}
