//! Kontor's books and a simulated company's, kept in step by the program itself.

mod company;
mod out;

use company::Company;
